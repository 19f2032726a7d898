"""Upstream: no number of its own; open until somebody reports that it was throttled."""

from .kind import Kind, ignore


class Upstream(Kind):
    def __init__(self, limit):
        self.longest = limit.duration("longest")
        self.closed_until = 0

    def passes(self, at, ask, amount):
        return at >= self.closed_until

    def instants(self, at, ask, amount):
        return [self.closed_until] if self.closed_until > at else []

    def take(self, at, ask, amount, tell=ignore):
        return None

    def throttle(self, at: int, retry_after: int) -> None:
        """Only ever extends, and never by more than the longest."""
        self.closed_until = max(self.closed_until, at + min(retry_after, self.longest))

    def clear(self) -> None:
        self.closed_until = 0

    def used(self, at, amount):
        return 0

    def resets_at(self, at, amount):
        return max(at, self.closed_until)
