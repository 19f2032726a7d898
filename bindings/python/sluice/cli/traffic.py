"""Made-up traffic of the shape of a private message network, for demonstrations and tests.

The shape is that of the messages which the students of one university sent each other over 193 days of 2004:
about 60,000 messages between 1,900 people, few of whom send most of them; conversations of a few messages a
minute apart; days of 2,000 messages and days of 3; now and then one person writing to dozens at once.

Described in: P. Panzarasa, T. Opsahl, K. M. Carley, "Patterns and dynamics of users' behavior and interaction:
network analysis of an online community", JASIST 60(5), 2009. None of its data is in here: only the figures below.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import NamedTuple

PEOPLE = 2_000  # nearly all of whom write or are written to
DAYS = 193
BEGIN = 1_081_987_200  # Unix seconds: midnight UTC before Thursday, 15 April 2004

# Messages a day, joined by straight lines: it spreads, thrives, falls silent at the end of term, and fades.
_VOLUME = ((0, 1), (4, 20), (8, 350), (13, 760), (18, 1_350), (40, 1_600), (43, 330), (55, 560), (59, 380), (60, 9),
           (72, 5), (73, 220), (90, 105), (120, 80), (150, 75), (175, 38), (193, 22))  # fmt: skip
# The share of a day's messages in each hour, UTC.
_HOURS = (26, 27, 28, 30, 36, 42, 53, 58, 50, 42, 30, 14, 5, 2, 2, 4, 7, 13, 16, 19, 19, 24, 25, 27)

_OLD_PARTNER = 0.42  # a conversation is with somebody one has written with before
_AGAIN = 0.5  # whoever began the last conversation of the day begins another
_SILENT = 0.28  # of the people only ever receive
_REPLY = 0.50  # after a message, the other one is next
_GO_ON = 0.53  # a conversation has another message
_GO_ON_LONG = 0.93  # a long one has
_LONG = 0.03  # a conversation is a long one
_MANY_AT_ONCE = 0.0007  # a conversation is one text to many
_FLOOD = 0.0002  # a conversation is a text repeated to one person, seconds apart
_TYPICAL_GAP = 100.0  # seconds between two messages of a conversation
_GAP_SPREAD = 1.1
_MOST_ACTIVE = 80.0  # times as active as the least active


class Message(NamedTuple):
    src: str
    dst: str
    time: int  # Unix seconds


def messages(seed: int = 2004) -> list[Message]:
    """The traffic, in the order of time. The same seed gives the same messages."""
    network = _Network(Random(seed))
    found = [message for day in range(DAYS) for message in network.day(day)]
    end = BEGIN + DAYS * 86_400
    return sorted((m for m in found if m.time < end), key=lambda m: m.time)


class _Network:
    """People, and whom they write with. Numbers are from `Random.random`, whose sequence Python guarantees."""

    def __init__(self, random: Random) -> None:
        self.random = random.random
        self.partners: list[list[int]] = [[] for _ in range(PEOPLE)]  # one entry a message: a draw favours the usual ones
        self.silent = [self.random() < _SILENT for _ in range(PEOPLE)]
        activity = [0.0 if quiet else self._heavy_tail(0.85) for quiet in self.silent]
        appeal = [self._heavy_tail(1.3) for _ in range(PEOPLE)]
        self.initiators = list(accumulate(activity))
        self.recipients = list(accumulate(appeal))
        self.hours = list(accumulate(_HOURS))

    def day(self, day: int) -> Iterator[Message]:
        wanted = _volume(day) * (0.72 + 0.5 * self.random())
        joined = max(20, int(PEOPLE * (1 - math.exp(-((day / 24) ** 1.6)))))
        one, at, sent = 0, 0.0, 0
        while sent < wanted:
            if sent and self.random() < _AGAIN:
                at += 1_800 * self.random()
            else:
                one, at = self._draw(self.initiators, joined), BEGIN + day * 86_400 + self._time_of_day()
            for message in self._conversation(one, at, joined):
                sent += 1
                yield message

    def _conversation(self, one: int, at: float, joined: int) -> Iterator[Message]:
        if self.random() < _MANY_AT_ONCE:
            for _ in range(5 + int(30 * self.random() ** 2)):
                yield self._send(one, self._draw(self.recipients, joined), at)
            return
        other = self._partner(one, joined)
        if self.random() < _FLOOD:
            for repeat in range(10 + int(18 * self.random())):
                yield self._send(one, other, at + 2 * repeat)
            return
        yield self._send(one, other, at)
        go_on = _GO_ON_LONG if self.random() < _LONG else _GO_ON
        while self.random() < go_on:
            at += _TYPICAL_GAP * math.exp(_GAP_SPREAD * self._normal())
            if not self.silent[other] and self.random() < _REPLY:
                one, other = other, one
            yield self._send(one, other, at)

    def _send(self, src: int, dst: int, at: float) -> Message:
        self.partners[src].append(dst)
        self.partners[dst].append(src)
        return Message(f"p{src + 1}", f"p{dst + 1}", int(at))

    def _partner(self, one: int, joined: int) -> int:
        known = self.partners[one]
        if known and self.random() < _OLD_PARTNER:
            return known[int(self.random() * len(known))]
        other = one
        while other == one:
            other = self._draw(self.recipients, joined)
        return other

    def _draw(self, weights: list[float], joined: int) -> int:
        """One of the first `joined` people, by weight. `weights` are running totals."""
        return bisect_right(weights, self.random() * weights[joined - 1], 0, joined - 1)

    def _time_of_day(self) -> float:
        hour = bisect_right(self.hours, self.random() * self.hours[-1])
        return (hour + self.random()) * 3_600

    def _heavy_tail(self, exponent: float) -> float:
        """A Pareto number from 1, cut at the top."""
        return min(math.pow(1.0 - self.random(), -1 / exponent), _MOST_ACTIVE)

    def _normal(self) -> float:
        """Close enough to the normal distribution."""
        return sum(self.random() for _ in range(12)) - 6.0


def _volume(day: int) -> float:
    for (begin, low), (end, high) in zip(_VOLUME, _VOLUME[1:]):
        if begin <= day <= end:
            return low + (high - low) * (day - begin) / (end - begin)
    raise ValueError(f"the traffic has {DAYS} days, not a day {day}")
