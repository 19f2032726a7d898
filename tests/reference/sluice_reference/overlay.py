"""The `comply` overlay: a given field replaces, null removes a field, a new name adds."""

import copy

from .errors import PolicyError

_COMMON = {"name", "scope", "kind", "by", "unit", "mode", "denies_as", "reports_as"}
_AMOUNT = {"amount", "amounts", "plan", "unlimited", "custom", "blocked", "of", "times"}
FIELDS = {
    "pace": _COMMON | _AMOUNT | {"slack", "depth"},
    "window": _COMMON | _AMOUNT | {"period", "zone", "burst", "ceiling", "thresholds"},
    "sliding": _COMMON | _AMOUNT | {"period", "slots", "margin"},
    "distinct": _COMMON | _AMOUNT | {"period", "exemption"},
    "gauge": _COMMON | _AMOUNT | {"lease"},
    "upstream": _COMMON | {"longest"},
}

# How the members of each list are told apart.
_NAMES = {
    "subjects": lambda subject: tuple(subject["scope"]),
    "limits": lambda limit: limit["name"],
    "operations": lambda operation: operation["name"],
    "charges": lambda charge: charge["limit"],
    "plans": lambda plan: plan["name"],
    "amounts": lambda amount: amount["plan"],
}


def apply(policy: dict, stance: str) -> dict:
    """The policy of one stance, without its overlay."""
    policy = _spelled_out(copy.deepcopy(policy))
    overlay = policy.pop("comply", None)
    if stance == "enforce":
        return policy
    if stance != "comply" or overlay is None:
        raise PolicyError(f"the policy has no stance {stance!r}")
    return _merged(policy, overlay)


def _spelled_out(value):
    """Plans as objects and one amount per plan, so that they can be merged by name."""
    if isinstance(value, list):
        return [_spelled_out(member) for member in value]
    if not isinstance(value, dict):
        return value
    value = {name: _spelled_out(member) for name, member in value.items()}
    if value.get("plans"):
        value["plans"] = [{"name": plan} if isinstance(plan, str) else plan for plan in value["plans"]]
    if value.get("amounts"):
        value["amounts"] = [
            {**amount, "plan": plan}
            for amount in value["amounts"]
            for plan in (amount["plan"] if isinstance(amount["plan"], list) else [amount["plan"]])
        ]
    return value


def _merged(base: dict, overlay: dict) -> dict:
    merged = dict(base)
    if "kind" in overlay and overlay["kind"] != base["kind"]:
        merged = _without_fields_of_the_old_kind(merged, FIELDS[overlay["kind"]])
    for name, value in overlay.items():
        if value is None:
            merged.pop(name, None)
        elif name in _NAMES and name in merged:
            merged[name] = _merged_list(merged[name], value, _NAMES[name])
        else:
            merged[name] = value
    return merged


def _merged_list(base: list, overlay: list, name_of) -> list:
    merged = {name_of(member): member for member in base}
    for member in overlay:
        name = name_of(member)
        merged[name] = _merged(merged[name], member) if name in merged else member
    return list(merged.values())


def _without_fields_of_the_old_kind(limit: dict, fields: set) -> dict:
    kept = {name: value for name, value in limit.items() if name in fields}
    if "amounts" in kept:
        kept["amounts"] = [{n: v for n, v in amount.items() if n in fields} for amount in kept["amounts"]]
    return kept
