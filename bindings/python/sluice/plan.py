"""The planner: how many lines a traffic needs, and how long a campaign takes, by running the engine on virtual time."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Union

from . import _native
from .errors import InvalidRequest
from .policy import Policy, PolicyText, policy_of
from .zones import zone_directory

_ARRIVALS = {"poisson": 0, "even": 1}
_AnyPolicy = Union[PolicyText, Policy, "os.PathLike[str]"]


@dataclass(frozen=True)
class LineRow:
    """What a run with so many lines showed. Waits are ns, shares hundredths of a percent."""

    lines: int
    stable: bool
    """What comes is less than what can leave, of every line."""
    settled: bool
    """The run was long enough for its waits to be those of the long run."""
    met: bool
    """Both, and the wait asked for was kept."""
    p50: int
    p95: int
    p99: int
    at_percentile: int
    """The wait that as many messages as asked for did not exceed."""
    longest: int
    mean: int
    used: int
    """Of what the lines can send: 8000 is 80%."""
    busiest_drew: int
    """Of all messages, by the line that drew most."""
    busiest_used: int
    """Of what that line can send."""
    most_waiting: int
    """Messages that were held at a time, of all lines."""


@dataclass(frozen=True)
class PlanWarning:
    """What is to be known before a plan is followed."""

    kind: str
    """"unstable_rule", "hot_recipient", "hot_line", "many_lines", "other_limit", "deep_queue" or
    "short_run"."""
    words: str


@dataclass(frozen=True)
class LinePlan:
    """How many lines: an answer that met its target in a run, or none."""

    lines: int | None
    """None: no number that was tried."""
    answer: str
    rule_of_thumb: int
    """What comes divided by what a line sends, rounded up."""
    rule: str
    """What became of it."""
    line_rate: str | None
    """What a line sends in the long run; None: as much as it likes."""
    paced_by: str | None
    """The limit that says so."""
    wait: int
    percentile: int
    """Hundredths of a percent."""
    simulated: int
    """How long the traffic lasts, in ns."""
    messages: int
    """Simulated for each number of lines."""
    hottest_share: int
    """Of all messages, to the recipient that is written to most, in hundredths of a percent."""
    rows: tuple[LineRow, ...]
    """The numbers that were tried, in order."""
    warnings: tuple[PlanWarning, ...]

    def row(self, lines: int) -> LineRow | None:
        """What so many lines came to; None when that was not tried."""
        return next((row for row in self.rows if row.lines == lines), None)


@dataclass(frozen=True)
class PlannedLine:
    """One line's part of a campaign."""

    line: str
    messages: int
    first_at: int | None
    last_at: int | None
    peak_share: int | None
    """Of its pace in its busiest while, in hundredths of a percent; None: it has none."""


@dataclass(frozen=True)
class Blocker:
    """A limit that held a campaign's messages."""

    limit: str | None
    """None: the queue's own longest wait, or the pool."""
    how: str
    """"refused" (messages were not taken in) or "held" (they waited in the queue)."""
    forever: bool
    """Waiting does not help."""
    times: int
    held: int
    """ns, together, for which it held the first message that could not go on."""
    first_at: int
    last_until: int | None
    words: str


@dataclass(frozen=True)
class Quota:
    """A limit of the account, before the campaign and after its last message."""

    limit: str
    amount: int | None
    """None: it has no number."""
    before: int
    after: int


@dataclass(frozen=True)
class CampaignPlan:
    """How long a campaign takes, and what holds it. Instants and spans are ns."""

    answer: str
    starts_at: int
    finishes_at: int | None
    """When the last message leaves; None: not within 400 days."""
    messages: int
    sent: int
    """Within 400 days."""
    unhindered: int
    """What the lines, the duration and the rate alone would take."""
    spread: int
    """For how long its own slots and its rate, and no limit, held the next message."""
    line_rate: str | None
    lines: tuple[PlannedLine, ...]
    blockers: tuple[Blocker, ...]
    """Those that held longest first."""
    quota: tuple[Quota, ...]
    """What the account has used of its limits."""
    waiting: int
    """Of a running engine: messages that waited on the lines before it."""
    in_flight: int
    """Of a running engine: messages of those lines that were leased, which count as sent."""
    notes: tuple[str, ...]

    @property
    def took(self) -> int | None:
        """ns from the start to the last message; None when it does not finish."""
        return None if self.finishes_at is None else self.finishes_at - self.starts_at


def plan_lines(
    policy: _AnyPolicy,
    rate: str,
    *,
    wait: int | timedelta,
    percentile: float = 99,
    operation: str | None = None,
    plans: Mapping[str, str] | None = None,
    arrivals: Literal["poisson", "even"] = "poisson",
    sticky: bool = False,
    recipients: int = 1_000,
    skew: float = 0,
    seed: int = 1,
    messages: int = 50_000,
    most_lines: int | None = None,
    stance: str | None = None,
    zoneinfo_dir: str | os.PathLike[str] | None = None,
) -> LinePlan:
    """How many lines let `percentile` percent of the messages wait at most `wait`, when they come at `rate` ("4/s").

    `plans` puts all subjects of a dimension on a plan; `sticky` lets a recipient keep its line, `recipients` are written to
    by Zipf's law with the exponent `skew` (0: alike). `messages` are simulated for each number of lines, the same ones for
    the same `seed`, up to `most_lines` lines. Raises PolicyError, InvalidRequest, NotFound, Unset, TooMany.
    """
    question = _question(policy, stance, zoneinfo_dir, operation, plans)
    question |= {
        "rate": _text("rate", rate),
        "wait": wait,
        "percentile": _hundredths("percentile", percentile, 100),
        "arrivals": _choice("arrivals", arrivals),
        "sticky": _flag("sticky", sticky),
        "recipients": _positive("recipients", recipients),
        "skew": _hundredths("skew", skew, 5, least=0),
        "seed": seed,
        "messages": _positive("messages", messages),
    }
    if most_lines is not None:
        question["most_lines"] = _positive("most_lines", most_lines)
    answer: dict[str, Any] = json.loads(_native.plan_lines(question))
    answer["rows"] = tuple(LineRow(**row) for row in answer["rows"])
    answer["warnings"] = tuple(PlanWarning(**warning) for warning in answer["warnings"])
    return LinePlan(**answer)


def plan_campaign(
    policy: _AnyPolicy,
    recipients: int,
    *,
    operation: str | None = None,
    plans: Mapping[str, str] | None = None,
    in_conversation: int = 0,
    lines: int = 1,
    starts_at: int | datetime | None = None,
    duration: int | timedelta = 0,
    rate: str | None = None,
    share: float = 50,
    stance: str | None = None,
    zoneinfo_dir: str | os.PathLike[str] | None = None,
) -> CampaignPlan:
    """When a message to each of `recipients` has left, and what held them, from `starts_at` (None: now) on.

    They are spread over `duration` (0: as fast as `share` percent of each line's pace allows), and leave by all lines together at
    no more than `rate` ("30/s"; None: no such limit), the campaign's own. `in_conversation` of them have just written, the rest
    is new to the account. Raises as plan_lines, and TimeError.
    """
    question = _question(policy, stance, zoneinfo_dir, operation, plans)
    question |= {
        "recipients": _positive("recipients", recipients),
        "in_conversation": in_conversation,
        "lines": _positive("lines", lines),
        "starts_at": time.time_ns() if starts_at is None else starts_at,
        "duration": duration,
        "share": _hundredths("share", share, 100),
    }
    if rate is not None:
        question["rate"] = _text("rate", rate)
    return campaign_plan_of(_native.plan_campaign(question))


def campaign_plan_of(text: str) -> CampaignPlan:
    """From the engine's JSON."""
    answer: dict[str, Any] = json.loads(text)
    answer["lines"] = tuple(PlannedLine(**line) for line in answer["lines"])
    answer["blockers"] = tuple(Blocker(**blocker) for blocker in answer["blockers"])
    answer["quota"] = tuple(Quota(**quota) for quota in answer["quota"])
    answer["notes"] = tuple(answer["notes"])
    return CampaignPlan(**answer)


def live_question(
    operation: str, count: int, starts_at: int | datetime | None, duration: int | timedelta, rate: str | None, share: float
) -> dict[str, Any]:
    """Of a running engine, by the names of the C ABI's fields."""
    question: dict[str, Any] = {
        "operation": _text("operation", operation),
        "recipients": _positive("recipients", count),
        "starts_at": 0 if starts_at is None else starts_at,
        "duration": duration,
        "share": _hundredths("share", share, 100),
    }
    if rate is not None:
        question["rate"] = _text("rate", rate)
    return question


def _question(
    policy: _AnyPolicy,
    stance: str | None,
    zoneinfo_dir: str | os.PathLike[str] | None,
    operation: str | None,
    plans: Mapping[str, str] | None,
) -> dict[str, Any]:
    checked = policy_of(policy, stance, zoneinfo_dir)
    question: dict[str, Any] = {"policy": checked.encoded, "stance": checked.stance}
    if zones := zone_directory(zoneinfo_dir):
        question["zoneinfo_dir"] = zones
    if operation is not None:
        question["operation"] = _text("operation", operation)
    if plans:
        question["plans"] = {_text("plans", dimension): _text("plans", plan) for dimension, plan in plans.items()}
    return question


def _text(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{name} must be str, not {type(given).__name__}")
    if not given:
        raise InvalidRequest(f"{name} is empty")
    return given


def _flag(name: str, given: object) -> int:
    if not isinstance(given, bool):
        raise TypeError(f"{name} must be True or False, not {type(given).__name__}")
    return int(given)


def _positive(name: str, given: int) -> int:
    """0 stands for a default in the C ABI; here it is a number too small."""
    if given == 0:
        raise InvalidRequest(f"{name}: 0; at least 1")
    return given


def _choice(name: str, given: str) -> int:
    if given not in _ARRIVALS:
        raise InvalidRequest(f"{name} must be {' or '.join(map(repr, _ARRIVALS))}, not {given!r}")
    return _ARRIVALS[given]


def _hundredths(name: str, given: float, most: int, least: float = 0.01) -> int:
    """99 as 9900; no more than two digits behind the point, since there are no more in the engine."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{name} must be a number, not {type(given).__name__}")
    if not math.isfinite(given) or not least <= given <= most or not math.isclose(given * 100, round(given * 100), abs_tol=1e-6):
        raise InvalidRequest(f"{name}: {given}; from {least} to {most}, in hundredths")
    return round(given * 100)
