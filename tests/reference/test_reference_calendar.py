"""Days, months and billing cycles, against a search second by second and against sentences."""

from datetime import datetime, timedelta

import pytest

from reference_support import DAY, HOUR, SECOND, go, instant, limit, model, plans
from sluice_reference import calendar
from sluice_reference.calendar import Billing, Calendar

HARD_ZONES = ["Europe/Paris", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe"]


def edges(cycle, start: int, count: int) -> list:
    found = [cycle.last_edge(start)]
    while len(found) < count:
        found.append(cycle.next_edge(found[-1]))
    return found


def text(at: int, zone="UTC") -> str:
    return calendar.local_time(at // SECOND, calendar.zone(zone)).isoformat()


@pytest.mark.parametrize("zone", [*HARD_ZONES, "UTC", "+05:30", "Pacific/Apia"])
def test_a_day_begins_at_the_first_instant_whose_local_time_is_at_or_after_midnight(zone):
    tz, nominal = calendar.zone(zone), datetime(2018, 1, 1) if zone != "Pacific/Apia" else datetime(2011, 1, 1)
    for _ in range(800):
        begins = calendar.begins(nominal, tz)
        assert calendar.local_time(begins // SECOND, tz) >= nominal
        for earlier in (1, 60, 1800, 3599, 3600, 3601, 7200, 10_800):
            assert calendar.local_time(begins // SECOND - earlier, tz) < nominal
        nominal += timedelta(days=1)


@pytest.mark.parametrize("zone", HARD_ZONES)
@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_every_instant_belongs_to_exactly_one_period(zone, unit):
    cycle = Calendar(unit, zone)
    for at in range(instant("2018-01-01T00:00:00+00:00"), instant("2020-01-01T00:00:00+00:00"), 13 * HOUR + 7):
        last, following = cycle.last_edge(at), cycle.next_edge(at)
        assert last <= at < following
        assert cycle.last_edge(following) == following and cycle.last_edge(following - 1) == last


def test_days_of_23_24_and_25_hours():
    days = edges(Calendar("day", "Europe/Paris"), instant("2024-03-30T12:00:00+01:00"), 3)
    assert [b - a for a, b in zip(days, days[1:])] == [24 * HOUR, 23 * HOUR]
    days = edges(Calendar("day", "America/New_York"), instant("2024-11-03T12:00:00-05:00"), 2)
    assert days[1] - days[0] == 25 * HOUR


def test_a_skipped_midnight_begins_the_day_at_one():
    days = edges(Calendar("day", "America/Sao_Paulo"), instant("2018-11-03T12:00:00-03:00"), 3)
    assert text(days[1], "America/Sao_Paulo") == "2018-11-04T01:00:00"
    assert days[2] - days[1] == 23 * HOUR


def test_a_skipped_day_never_is():
    days = edges(Calendar("day", "Pacific/Apia"), instant("2011-12-29T12:00:00-10:00"), 3)
    assert [text(day, "Pacific/Apia")[:10] for day in days] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_weeks_start_on_monday_and_years_on_the_first_of_january():
    assert text(Calendar("week").next_edge(instant("2024-05-15T00:00:00+00:00"))) == "2024-05-20T00:00:00"
    assert text(Calendar("year").next_edge(instant("2024-05-15T00:00:00+00:00"))) == "2025-01-01T00:00:00"


def test_billing_on_the_31st_is_clamped_and_remembered():
    found = edges(Billing(31), instant("2023-12-31T00:00:00+00:00"), 6)
    assert [text(edge)[5:10] for edge in found] == ["12-31", "01-31", "02-29", "03-31", "04-30", "05-31"]
    found = edges(Billing(30, "02:30", "Europe/Paris"), instant("2025-01-30T12:00:00+00:00"), 3)
    assert [text(edge, "Europe/Paris") for edge in found] == [
        "2025-01-30T02:30:00",
        "2025-02-28T02:30:00",
        "2025-03-30T03:00:00",
    ]


def test_no_billing_period_is_shorter_than_28_days_or_longer_than_31_for_a_century():
    for day in (1, 15, 28, 29, 30, 31):
        found = edges(Billing(day), 0, 12 * 100)
        assert {(b - a) // DAY for a, b in zip(found, found[1:])} <= {28, 29, 30, 31}


def test_moving_the_anchor_keeps_what_was_used_and_ends_the_period_at_the_next_new_edge():
    it = model(limit("window", period="billing", amount=2), subjects=[{"scope": ["account"]}])
    start = instant("2024-05-05T00:00:00+00:00")
    assert go(it, start).allowed and go(it, start).allowed
    assert text(start + go(it, start).retry_after) == "2024-06-01T00:00:00"
    it.set_billing("account", "acme", 20, "12:00", "+01:00", start + DAY)
    assert text(start + DAY + go(it, start + DAY).retry_after) == "2024-05-20T11:00:00"
    assert go(it, instant("2024-05-20T11:00:00+00:00")).allowed
    assert go(it, instant("2024-06-01T00:00:00+00:00")).allowed
    assert text(go(it, instant("2024-06-02T00:00:00+00:00")).details[0].resets_at) == "2024-06-20T11:00:00"


def test_a_cycle_of_its_own_belongs_to_one_subject():
    it = model(limit("window", period="billing", amount=1), subjects=[plans("free", billing={"day": 31})])
    at = instant("2025-02-10T00:00:00+00:00")
    it.set_billing("account", "bolt", 11, "00:00", "UTC", at)
    assert [text(go(it, at, account).details[0].resets_at) for account in ("acme", "bolt")] == [
        "2025-02-28T00:00:00",
        "2025-02-11T00:00:00",
    ]
