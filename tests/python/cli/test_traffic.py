"""The made-up traffic has the shape that it claims."""

from __future__ import annotations

from collections import Counter

import pytest

from sluice.cli import traffic


@pytest.fixture(scope="module")
def messages() -> list[traffic.Message]:
    return traffic.messages()


def test_the_same_seed_gives_the_same_messages_and_another_gives_others(messages: list[traffic.Message]) -> None:
    assert traffic.messages() == messages
    assert traffic.messages(1)[:100] != messages[:100]


def test_it_is_in_the_order_of_time_and_nobody_writes_to_themselves(messages: list[traffic.Message]) -> None:
    assert messages == sorted(messages, key=lambda message: message.time)
    assert all(message.src != message.dst for message in messages)


@pytest.mark.parametrize("seed", [2004, 1, 2])
def test_it_has_the_size_of_the_network_it_is_modelled_on(seed: int) -> None:
    made = traffic.messages(seed)
    people = {person for message in made for person in message[:2]}
    days = (made[-1].time - made[0].time) / 86_400
    assert 50_000 < len(made) < 70_000
    assert 1_750 < len(people) <= traffic.PEOPLE
    assert 190 < days <= traffic.DAYS


def test_few_people_send_most_and_talk_comes_in_bursts(messages: list[traffic.Message]) -> None:
    senders = Counter(message.src for message in messages)
    pairs = Counter(message[:2] for message in messages)
    seconds = Counter(message.time for message in messages)
    days = Counter(message.time // 86_400 for message in messages)
    busiest_tenth = sum(count for _, count in senders.most_common(len(senders) // 10))
    assert busiest_tenth > 0.4 * len(messages)
    assert max(senders.values()) > 500
    assert 10_000 < len(pairs) < 30_000
    assert 60 < max(pairs.values()) < 300
    assert 10 < max(seconds.values()) < 60
    assert max(days.values()) > 1_500
    assert min(days.values()) < 15
    answered = sum((dst, src) in pairs for src, dst in pairs)
    assert 0.4 < answered / len(pairs) < 0.8
