"""The highest use that any subject has of a limit at an instant, when use stays until it resets."""

from __future__ import annotations

import heapq
from typing import NamedTuple

Subject = tuple[str, ...]
_FEWEST_TO_CLEAR = 1_024


class Use(NamedTuple):
    used: int
    amount: int | None  # None: unlimited
    resets_at: int | None  # None: never by itself


class Standing:
    """Asked and told in the order of time.

    A heap of all that was told, with the outdated left in until they come to the top: an entry counts only while it is
    what its subject was last told, and has not reset.
    """

    def __init__(self) -> None:
        self._of: dict[Subject, Use] = {}
        self._heap: list[tuple[int, Subject]] = []  # the highest first
        self._clear_at = _FEWEST_TO_CLEAR

    def put(self, subject: Subject, use: Use, now: int) -> None:
        self._of[subject] = use
        heapq.heappush(self._heap, (-use.used, subject))
        if len(self._heap) > self._clear_at:
            self._clear(now)

    def highest(self, now: int) -> Use | None:
        while self._heap:
            used, subject = self._heap[0]
            use = self._of.get(subject)
            if use is not None and use.used == -used and not _has_reset(use, now):
                return use
            heapq.heappop(self._heap)
        return None

    def _clear(self, now: int) -> None:
        """Forgets who has nothing standing; memory follows those who have."""
        self._of = {subject: use for subject, use in self._of.items() if not _has_reset(use, now)}
        self._heap = [(-use.used, subject) for subject, use in self._of.items()]
        heapq.heapify(self._heap)
        self._clear_at = max(_FEWEST_TO_CLEAR, 4 * len(self._heap))


def _has_reset(use: Use, now: int) -> bool:
    return use.resets_at is not None and use.resets_at <= now
