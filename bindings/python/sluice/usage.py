"""What a subject has used, and what an engine has counted."""

from __future__ import annotations

from typing import NamedTuple


class UsageRow(NamedTuple):
    """One limit of a subject, metered. Instants are ns since the Unix epoch."""

    limit_name: str
    limit: int | None
    """Units it admits; None when it is unlimited, 0 when it is custom and was not set for this subject."""
    used: int
    remaining: int | None
    """None when it is unlimited."""
    overage: int
    """Units above the amount: under its ceiling, or forced."""
    period_begins: int | None
    """Of a window; None when there is no period."""
    resets_at: int | None
    """Of a window: its end; else when nothing of it is used any more. None when nothing is, or no time ends it."""


class Subject(NamedTuple):
    """One subject that the engine keeps a record of."""

    values: tuple[str, ...]
    """In the order of the scope. Bytes that are not UTF-8 are shown as U+FFFD."""
    plan: str | None


class Counters(NamedTuple):
    """What an engine has counted since it was made."""

    allowed: int
    denied: int
    would_queue: int
    peeked: int
    replayed: int
    """Decisions answered from an idempotency key."""
    refunded: int
    denied_by: dict[str, int]
    """By denial kind: "rate", "quota", ..."""
    records: int
    """Live records now: one for each subject of a scope."""
    receipts: int
    """Live receipts now."""
    memory_used: int
    """Bytes."""
    memory_cap: int
    """Bytes."""
    swept: int
    """Records dropped since they equalled never seen."""
    overflowed: int
    """Decisions served by a shared record at the memory cap."""
    events_lost: int
    messages: int
    """Messages held now."""
    accepted: int
    """Messages taken in."""
    leased: int
    """Leases of them."""
    ended: dict[str, int]
    """Messages by what became of them: "sent", "failed", "expired", "cancelled", "aborted", "dead"."""
