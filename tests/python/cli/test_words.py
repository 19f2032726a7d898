"""Limits in words, from plain descriptions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.cli import words
from sluice.cli.description import Amount, Limit
from sluice.cli.instants import DAY, MINUTE, SECOND
from sluice.cli.lengths import length, rate, share

NUMBER = Amount(None, "number", 30, "30", None, None, None, None, None, None, None, ())
WINDOW = Limit(
    name="requests", scope=("account",), kind="window", mode="deny", unit="message", denies_as="rate", period="60s",
    zone=None, slots=None, margin=None, exemption=None, named=False, lease=None, slack=None, longest=None, by=None, amounts=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "amount", "said"),
    [
        ({}, {}, "30 messages per minute per account"),
        ({}, {"amount": 1}, "1 message per minute per account"),
        ({"period": "60s from first"}, {}, "30 messages in the 60 s from the first per account"),
        ({"period": "1s"}, {"burst": "2x for 10s"}, "30 messages per second per account, burst 2x for 10 s"),
        ({"period": "billing"}, {"ceiling": "120%", "cap": 36}, "30 messages per billing cycle per account, up to 36 (120%)"),
        ({"period": "day", "zone": "Europe/Paris"}, {}, "30 messages per day (Europe/Paris) per account"),
        ({"kind": "sliding", "period": "24h", "margin": "1s"}, {}, "30 messages in any 24 h per account, 1 s of margin"),
        ({"kind": "pace", "period": None}, {"text": "80/s", "depth": "1s"},
         "80 messages per second per account, 1 s of it at once from idle"),
        ({"kind": "pace", "period": None}, {"text": "1/10s", "depth": 1}, "1 message per 10 s per account"),
        ({"kind": "distinct", "period": "24h", "unit": "conversation"}, {},
         "30 different conversations in any 24 h per account"),
        ({"kind": "gauge", "period": None}, {"amount": 6000}, "6,000 messages at a time per account"),
        ({}, {"word": "unlimited"}, "any number of messages per minute per account"),
        ({}, {"word": "custom"}, "the agreed number of messages per minute per account"),
        ({}, {"word": "blocked"}, "none at all per account"),
    ],
)  # fmt: skip
def test_a_rule_is_said_as_a_provider_would_say_it(limit: dict[str, object], amount: dict[str, object], said: str) -> None:
    assert words.rule(replace(WINDOW, **limit), replace(NUMBER, **amount)) == said


def test_an_upstream_limit_is_open_until_it_is_closed() -> None:
    limit = replace(WINDOW, kind="upstream", period=None, longest="1h")
    assert words.allowance(limit, None) == "open until a throttling is reported, then closed for at most 1 h"


@pytest.mark.parametrize(
    ("unit", "said"),
    [("message", "messages"), ("batch", "batches"), ("query", "queries"), ("key", "keys"), ("phone number", "phone numbers")],
)
def test_units_have_a_plural(unit: str, said: str) -> None:
    assert words.plural(unit) == said
    assert words.counted(1, unit) == f"1 {unit}"


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("60s", 60 * SECOND), ("60s from first", 60 * SECOND), ("100ms", SECOND // 10), ("5 minutes", 5 * MINUTE),
        ("24h", DAY), ("1 day", DAY), ("day", DAY), ("31 days", 31 * DAY), ("month", None), ("billing", None), (None, None),
    ],
)  # fmt: skip
def test_durations_are_compared_exactly_and_months_have_no_length(text: str | None, ns: int | None) -> None:
    assert length(text) == ns


def test_rates_and_shares_are_exact() -> None:
    assert rate("1/10s") == rate("6/min")
    assert rate("soon") is None
    assert share("120%") * 5 == 6
    assert words.hundredths("99.5%") == 9_950
