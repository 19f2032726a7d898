"""What can be wrong with a policy or a request. None of these changes any state."""


class PolicyError(ValueError):
    """The policy, or a change of it, makes no sense."""


class RequestError(ValueError):
    """The request cannot be decided at all: an unknown name, a missing value, too many subjects."""


class UnsetAmount(RequestError):
    """A charge met a `custom` amount that nobody has set for its subject."""


class KeyReused(RequestError):
    """An idempotency key came back with another request."""
