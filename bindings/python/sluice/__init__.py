"""Sluice decides whether a message may go now, later or not at all.

    import sluice

    with sluice.Engine(policy) as engine:
        decision = engine.decide("messages.send", account="acme", line="+15550001", recipient="+15550002")
        if decision:
            send_it()
        elif decision.wait_kind == "exact":
            try_again_after(decision.retry_after)  # ns

Policies are texts: docs/policy-language.md is their reference. Instants and spans are int ns; see Engine.
"""

from ._native import Decision, Decisions, Operation, Receipt
from ._native import version as __version__
from .campaign import Campaign, CampaignStatus, Share
from .decision import LimitDetail
from .due import Due
from .engine import Amount, Engine
from .errors import (
    ClosedError,
    Conflict,
    Finding,
    Forked,
    HandleError,
    InvalidRequest,
    MemoryCapError,
    NotFound,
    PolicyError,
    SluiceError,
    StaleLease,
    TimeError,
    TooMany,
    Unset,
    WouldReset,
)
from .event import Event, SenderChange
from .explanation import Explanation, Hold
from .held import Held, MessageStatus, Settled
from .http import Dialects, HttpAnswer
from .instant import Duration, Instant
from .lease import Lease, NotAttempted, Outcome, PermanentFailure, Throttled
from .plan import Blocker, CampaignPlan, LinePlan, LineRow, PlannedLine, PlanWarning, Quota, plan_campaign, plan_lines
from .policy import Policy, PolicyText
from .pool import Line, LineReport, LineState, OnSuspend
from .queue import MessageClass
from .scope import Value
from .usage import Counters, Subject, UsageRow

NEVER = 2**63 - 1
"""In arrays and Operation.take: a wait that never ends."""
ON_RELEASE = 2**63 - 2
"""In arrays and Operation.take: a wait until something is released."""
UNLIMITED = 2**63 - 1
"""In arrays and Operation.take: what remains of an unlimited limit."""

__all__ = [
    "NEVER",
    "ON_RELEASE",
    "UNLIMITED",
    "Amount",
    "Blocker",
    "Campaign",
    "CampaignPlan",
    "CampaignStatus",
    "ClosedError",
    "Conflict",
    "Counters",
    "Decision",
    "Decisions",
    "Dialects",
    "Due",
    "Duration",
    "Engine",
    "Event",
    "Explanation",
    "Finding",
    "Forked",
    "HandleError",
    "Held",
    "Hold",
    "HttpAnswer",
    "Instant",
    "InvalidRequest",
    "Lease",
    "LimitDetail",
    "Line",
    "LinePlan",
    "LineReport",
    "LineRow",
    "LineState",
    "MemoryCapError",
    "MessageClass",
    "MessageStatus",
    "NotAttempted",
    "NotFound",
    "OnSuspend",
    "Operation",
    "Outcome",
    "PermanentFailure",
    "PlanWarning",
    "PlannedLine",
    "Policy",
    "PolicyError",
    "PolicyText",
    "Quota",
    "Receipt",
    "SenderChange",
    "Settled",
    "Share",
    "SluiceError",
    "StaleLease",
    "Subject",
    "Throttled",
    "TimeError",
    "TooMany",
    "Unset",
    "UsageRow",
    "Value",
    "WouldReset",
    "__version__",
    "plan_campaign",
    "plan_lines",
]
