"""Leases as they come due: iterated plainly or asynchronously, asleep in between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from typing import Union

from ._native import EngineCore
from .errors import ClosedError, SluiceError
from .lease import Lease
from .line_filter import LineFilter

_Duration = Union[int, timedelta]
_FOREVER = 2**63 - 1
_AGAIN = 0.0005  # seconds: it came due just now, or there was no memory to lease it


class Sleeper:
    """One who sleeps until something is due, and how he is woken. What is due before `until` wakes him; so nothing does at 0."""

    __slots__ = ("until", "wake")

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.until = 0


class Bell:
    """Rings those who sleep when something becomes due sooner than they know.

    The engine's core asks for it after every call that may do so, and only while somebody sleeps.
    """

    def __init__(self, core: EngineCore) -> None:
        self._core = core
        self._sleepers: tuple[Sleeper, ...] = ()
        self._lock = threading.Lock()

    def set(self, sleeper: Sleeper, until: int) -> None:
        """From now on this one is woken by what is due before an instant; by nothing any more at 0."""
        with self._lock:
            sleeper.until = until
            others = tuple(other for other in self._sleepers if other is not sleeper)
            self._sleepers = (*others, sleeper) if until else others
            latest = max((other.until for other in self._sleepers), default=0)
            self._core.watch(latest, self.ring if latest else None)

    def ring(self, due: int, but: Sleeper | None = None) -> None:
        """Something is due at an instant: wakes all who sleep longer. Takes no lock, since any call may ring."""
        for sleeper in self._sleepers:
            if sleeper is not but and due < sleeper.until:
                sleeper.wake()


class Due:
    """What is due, lease after lease: `for lease in engine.due():`, or `async for` the same in a coroutine.

    Between leases it sleeps until the next one is due, and wakes early when a call of this process through the same engine
    makes something due sooner. On a manual clock it sleeps until set_clock reaches the instant. It ends when the engine is
    closed or stop() is called; leases taken that were not handed out yet then go back to their places.
    """

    def __init__(
        self,
        core: EngineCore,
        bell: Bell,
        manual: bool,
        most: int,
        ttl: _Duration | None,
        buffer: int,
        lines: LineFilter,
    ) -> None:
        self._core = core
        self._bell = bell
        self._manual = manual
        self._most = most
        self._ttl = ttl
        self._buffer = buffer
        self._lines = lines
        self._stopped = False

    def stop(self) -> None:
        """Ends every iteration of this object after the lease it is at. From any thread; once and for all."""
        self._stopped = True
        self._bell.ring(-1)

    def __iter__(self) -> Iterator[Lease]:
        awake = threading.Event()
        sleeper = Sleeper(awake.set)
        try:
            while not self._stopped:
                awake.clear()
                leases, due = self._take(sleeper)
                if leases:
                    yield from self._hand_out(leases)
                elif not self._stopped:
                    awake.wait(self._wait(due))
        except ClosedError:
            return
        finally:
            self._bell.set(sleeper, 0)

    async def __aiter__(self) -> AsyncIterator[Lease]:
        loop = asyncio.get_running_loop()
        awake = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed, and nobody sleeps in it
                loop.call_soon_threadsafe(awake.set)

        sleeper = Sleeper(wake)
        try:
            while not self._stopped:
                awake.clear()
                leases, due = self._take(sleeper)
                if leases:
                    with closing(self._hand_out(leases)) as hand:
                        for lease in hand:
                            yield lease
                elif not self._stopped:
                    await self._sleep(loop, awake, self._wait(due))
        except ClosedError:
            return
        finally:
            self._bell.set(sleeper, 0)

    @staticmethod
    async def _sleep(loop: asyncio.AbstractEventLoop, awake: asyncio.Event, wait: float | None) -> None:
        alarm = None if wait is None else loop.call_later(wait, awake.set)
        try:
            await awake.wait()
        finally:
            if alarm is not None:
                alarm.cancel()

    def _take(self, sleeper: Sleeper) -> tuple[list[Lease], int | None]:
        """What is due now, and when to look again. The sleeper hears of all that changes from here on."""
        self._bell.set(sleeper, _FOREVER)
        leases, due = self._core.lease(self._most, self._ttl, None, self._buffer, *self._lines)
        until = _FOREVER if due is None else due
        # While this call had a line in hand, another's saw nothing of it.
        self._bell.ring(until, but=sleeper)
        self._bell.set(sleeper, 0 if leases else until)
        return leases, due

    def _hand_out(self, leases: list[Lease]) -> Generator[Lease, None, None]:
        """One after the other, but for those that ended while others were at work; the rest goes back when this is closed."""
        try:
            while leases and not self._stopped:
                lease = leases.pop(0)
                if self._most > 1 and lease.until <= self._core.clock():
                    continue
                yield lease
        finally:
            for lease in leases:
                with suppress(SluiceError):
                    lease.nack("not_attempted")

    def _wait(self, due: int | None) -> float | None:
        """Seconds until an instant; None: until woken."""
        if due is None:
            return None
        left = due - self._core.clock()
        if left <= 0:
            return _AGAIN
        return None if self._manual else min(left / 10**9, threading.TIMEOUT_MAX)
