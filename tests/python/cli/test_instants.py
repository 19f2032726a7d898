"""Instants and spans: exact, and in words."""

from __future__ import annotations

import pytest

from sluice.cli.instants import DAY, HOUR, MINUTE, SECOND, from_iso, instant, iso, span
from sluice.cli.simulate.clock import compress, reader_of


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01", SECOND),
        ("1970-01-01 00:00:00.000000001Z", 1),
        ("1970-01-01T02:00:00+02:00", 0),
        ("2026-03-01T09:30:00.5z", 1_772_357_400_500_000_000),
    ],
)
def test_an_iso_instant_is_read_exactly_and_without_a_zone_is_utc(text: str, ns: int) -> None:
    assert from_iso(text) == ns


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-03-01T25:00:00", "1969-12-31", "2300-01-01", "12"])
def test_what_is_no_instant_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}'"):
        from_iso(text)


def test_an_instant_is_written_with_as_much_of_its_second_as_there_is() -> None:
    assert instant(1_772_357_400 * SECOND) == "2026-03-01 09:30:00"
    assert instant(1_772_357_400 * SECOND + 50_000_000) == "2026-03-01 09:30:00.05"
    assert from_iso(iso(1_772_357_400_123_456_789)) == 1_772_357_400_123_456_789


def test_a_span_is_said_in_its_two_largest_units_and_never_rounded_up() -> None:
    assert span(0) == "0 s"
    assert span(1) == "1 ns"
    assert span(60 * SECOND - 1) == "59 s 999 ms"
    assert span(90 * SECOND) == "1 min 30 s"
    assert span(DAY) == "1 day"
    assert span(193 * DAY + 16 * HOUR + 59 * MINUTE) == "193 days 16 h"
    assert span(DAY + SECOND) == "1 day"


def test_a_decimal_time_is_read_exactly_where_a_float_would_not_be() -> None:
    assert reader_of("s")("1082040961.123456789") == 1_082_040_961_123_456_789
    assert reader_of("ms")("1082040961123.456789") == 1_082_040_961_123_456_789
    assert reader_of("ns")("1082040961123456789") == 1_082_040_961_123_456_789


def test_a_time_that_is_no_number_says_so_and_a_date_is_told_of_iso() -> None:
    with pytest.raises(ValueError, match=r"'soon' is not a time in s$"):
        reader_of("s")("soon")
    with pytest.raises(ValueError, match="--time-unit iso"):
        reader_of("s")("2026-03-01T09:30:00Z")


@pytest.mark.parametrize("text", ["-1", "1082040961000000", "nan", "inf", "1_000", "1e99", "1e999999999"])
def test_a_time_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        reader_of("s")(text)


def test_compressed_time_is_floored_to_the_nanosecond() -> None:
    begin = 1_082_040_961 * SECOND
    assert compress(begin, begin, 1000) == begin
    assert compress(begin + 1_999, begin, 1000) == begin + 1
    assert compress(begin + 193 * DAY, begin, 1000) == begin + 193 * DAY // 1000
    assert compress(begin + 7, begin, 1) == begin + 7
