"""Use and outcomes over time, in intervals."""

from __future__ import annotations

from random import Random

import pytest

from sluice.cli.instants import DAY, HOUR, MINUTE, SECOND
from sluice.cli.simulate.series import MOST_INTERVALS, CountSeries, Intervals, UseSeries
from sluice.cli.simulate.standing import Standing, Use
from sluice.cli.simulate.ticks import MOST_TICKS, ticks
from sluice.cli.simulate.waits import Waited, WaitSeries, waited

BEGIN = 1_082_040_961 * SECOND


@pytest.mark.parametrize("length", [0, 1, SECOND, HOUR, 5 * HOUR, DAY, 193 * DAY, 4_000 * DAY])
def test_intervals_cover_everything_and_are_few(length: int) -> None:
    intervals = Intervals.over(BEGIN, BEGIN + length)
    assert 1 <= len(intervals) <= MOST_INTERVALS + 1
    assert intervals.begin <= BEGIN
    assert intervals.end > BEGIN + length
    assert intervals.position(BEGIN + length) == len(intervals) - 1


def test_half_a_year_is_shown_by_days_in_utc() -> None:
    intervals = Intervals.over(BEGIN, BEGIN + 193 * DAY)
    assert intervals.width == DAY
    assert intervals.begin % DAY == 0


def test_use_of_a_window_stands_until_it_resets_whoever_is_decided_about() -> None:
    series = UseSeries(Intervals(0, 60, 10), stands=True)
    series.add(5, ("a",), Use(7, 9, 35))
    series.add(21, ("b",), Use(2, 9, 80))
    assert series.values() == [7, 7, 7, 7, 2, 2]


def test_use_that_fades_is_shown_where_it_was_seen_and_stands_only_over_silence() -> None:
    series = UseSeries(Intervals(0, 60, 10), stands=False)
    series.add(5, ("a",), Use(7, 9, 25))
    series.add(11, ("b",), Use(2, 9, 38))
    assert series.values() == [7, 7, 2, 2, 0, 0]


def test_amounts_follow_the_use_they_belong_to() -> None:
    series = UseSeries(Intervals(0, 40, 10), stands=True)
    series.add(15, ("a",), Use(1, 5, 18))
    series.add(35, ("a",), Use(6, 9, 39))
    assert series.amounts() == [5, 5, 5, 9]


def test_the_highest_standing_use_agrees_with_a_plain_search() -> None:
    random = Random(7)
    standing, plain, now = Standing(), dict[tuple[str, ...], Use](), 0
    for _ in range(6_000):
        now += random.randrange(3)
        subject = (str(random.randrange(40)),)
        use = Use(random.randrange(50), 50, random.choice([None, now, now + random.randrange(90)]))
        standing.put(subject, use, now)
        plain[subject] = use
        live = [u.used for u in plain.values() if u.resets_at is None or u.resets_at > now]
        highest = standing.highest(now)
        assert (highest.used if highest else None) == max(live, default=None)


def test_memory_follows_the_subjects_that_have_something_standing() -> None:
    standing = Standing()
    for at in range(50_000):
        standing.put((str(at),), Use(1, 9, at + 10), at)
    assert len(standing._of) < 5_000
    assert len(standing._heap) < 5_000


def test_outcomes_are_counted_in_their_interval() -> None:
    series = CountSeries(Intervals(0, 30, 10))
    for at in (0, 9, 10, 29):
        series.add(at, "rate")
    assert series.values("rate") == [2, 1, 1]
    assert series.values("quota") == [0, 0, 0]


@pytest.mark.parametrize("length", [0, SECOND, HOUR, 193 * DAY])
def test_intervals_reach_further_by_more_or_wider_ones_that_hold_whole_ones(length: int) -> None:
    narrow = Intervals.over(BEGIN, BEGIN + length)
    assert narrow.reaching(BEGIN + length) is narrow
    for further in (narrow.width, 10 * narrow.width, 300 * narrow.width, HOUR, DAY, 400 * DAY):
        wide = narrow.reaching(narrow.end - 1 + further)
        assert len(wide) <= MOST_INTERVALS + 1
        assert wide.begin <= narrow.begin and wide.end >= narrow.end + further
        assert wide.width % narrow.width == 0 == wide.begin % wide.width
        places = narrow.places(len(narrow), wide)
        assert places == [wide.position(begin) for begin in narrow.edges()[:-1]]
        narrow = wide


def test_a_series_stretched_is_as_if_it_had_been_that_long() -> None:
    random = Random(3)
    told, at = [], 0
    for _ in range(3_000):
        at += random.randrange(40)
        told.append((at, (str(random.randrange(5)),), random.randrange(9)))
    short = Intervals(0, 10, 10)
    grown = UseSeries(short, stands=True), CountSeries(short), WaitSeries(short)
    for at, subject, number in told:
        if at >= short.end:
            short = Intervals(0, -(-(at + 1) // (2 * short.width)) * 2 * short.width, 2 * short.width)
            for series in grown:
                series.stretch(short)
        grown[0].add(at, subject, Use(number, 9, None))
        grown[1].add(at, subject[0])
        grown[2].add(at, number)
    made = UseSeries(short, stands=True), CountSeries(short), WaitSeries(short)
    for at, subject, number in told:
        made[0].add(at, subject, Use(number, 9, None))
        made[1].add(at, subject[0])
        made[2].add(at, number)
    assert grown[0].values() == made[0].values()
    assert grown[1] == made[1]
    assert grown[2].values() == made[2].values()


def test_of_waits_the_figures_are_waits_that_happened() -> None:
    assert waited([]) is None
    assert waited([7]) == Waited(7, 7, 7, 7)
    assert waited(range(60)) == Waited(29, 56, 59, 59)
    assert waited([*range(100, 0, -1)]) == Waited(50, 95, 99, 100)
    assert waited([*range(101)]) == Waited(50, 95, 99, 100)


@pytest.mark.parametrize("length", [1_000, SECOND, MINUTE, HOUR, 5 * HOUR, DAY, 4 * DAY, 30 * DAY, 193 * DAY, 3_000 * DAY])
def test_a_time_axis_has_a_few_marks_with_the_date_where_it_is_news(length: int) -> None:
    intervals = Intervals.over(BEGIN, BEGIN + length)
    marks = ticks(intervals.begin, intervals.end)
    assert 1 <= len(marks) <= MOST_TICKS
    assert "2004" in marks[0].label or length == 3_000 * DAY
    assert len({mark.at for mark in marks}) == len(marks)
    assert all(intervals.begin <= mark.at <= intervals.end for mark in marks)


def test_a_day_is_named_without_its_year_when_the_year_is_known() -> None:
    new_year = 1_104_537_600 * SECOND
    marks = ticks(new_year - 30 * HOUR, new_year + 18 * HOUR)
    said = [mark.label.partition("\n")[2] for mark in marks]
    assert said == ["30 Dec 2004", "31 Dec", "", "", "", "1 Jan 2005", "", "", ""]


def test_half_a_year_is_marked_by_months() -> None:
    marks = ticks(BEGIN, BEGIN + 193 * DAY)
    assert [mark.label for mark in marks] == ["May\n2004", "Jun", "Jul", "Aug", "Sep", "Oct"]
