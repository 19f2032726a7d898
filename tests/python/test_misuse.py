"""Bad input: a clear error that names what is wrong, and an engine that is as it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import sluice
from policies import MINUTE_OF_5, SECOND, SENDING, limit, policy

Make = Callable[..., sluice.Engine]
DAY = 86_400 * SECOND
GOOD: dict[str, Any] = {"account": "acme", "line": "+1", "recipient": "+2", "quantities": {"parts": 1}}


@pytest.fixture
def engine(engine_of: Make) -> sluice.Engine:
    return engine_of(SENDING)


def unchanged(engine: sluice.Engine) -> bool:
    counters = engine.counters()
    return counters.allowed == counters.denied == counters.records == 0


@pytest.mark.parametrize("value", [7, 1.5, True, None, bytearray(b"x"), memoryview(b"x"), object(), {"a": 1}])
@pytest.mark.parametrize("name", ["account", "line"])
def test_a_value_of_another_type_is_a_type_error_that_names_it(engine: sluice.Engine, name: str, value: Any) -> None:
    expected = (sluice.InvalidRequest, TypeError) if value is None else TypeError
    with pytest.raises(expected, match=rf"{name} must be str or bytes|values\[\d\] \({name}\): "):
        engine.decide("send", **{**GOOD, name: value})
    assert unchanged(engine)


@pytest.mark.parametrize("value", [7, 1.5, {"a": 1}, [7], ["+2", 1.5], [["+2"]], object()])
def test_a_repeated_value_of_another_type_is_a_type_error(engine: sluice.Engine, value: Any) -> None:
    with pytest.raises(TypeError, match="recipient must be str"):
        engine.decide("send", **{**GOOD, "recipient": value})
    assert unchanged(engine)


@pytest.mark.parametrize("value", ["", b"", "x" * 1025, "é" * 513])
@pytest.mark.parametrize("name", ["account", "line", "recipient"])
def test_an_empty_or_oversized_value_is_refused_by_name(engine: sluice.Engine, name: str, value: Any) -> None:
    position = {"account": r"values\[0\]", "line": r"values\[1\]", "recipient": r"repeated\[0\]"}[name]
    size = "empty" if not value else f"{len(value.encode())} bytes"
    said = rf"^{position} \({name}\): {size}; a key has [^{{]*$"  # without C's {{NULL, 0}}
    given = {**GOOD, name: value}
    for ask in (engine.decide, engine.explain):
        with pytest.raises(sluice.InvalidRequest, match=said):
            ask("send", **given)
    row = tuple(given[dimension] for dimension in ("account", "line", "recipient"))
    for size_of_batch in (1, 300):  # with the GIL, and without it
        batch = engine.decide_many("send", [row] * size_of_batch, quantities=[{"parts": 1}] * size_of_batch)
        with pytest.raises(sluice.InvalidRequest, match=said):
            batch[-1]
    assert unchanged(engine)


@pytest.mark.parametrize("size", [1, 600, 1024])
@pytest.mark.parametrize("name", ["account", "line", "recipient"])
def test_a_value_of_up_to_1024_bytes_is_a_key(engine: sluice.Engine, name: str, size: int) -> None:
    assert engine.decide("send", **{**GOOD, name: "x" * size})


def test_a_repeated_value_that_is_none_or_empty_is_named(engine: sluice.Engine) -> None:
    for value, said in ((None, r"repeated\[0\] \(recipient\): absent"), (["+2", ""], r"repeated\[1\] \(recipient\): empty; ")):
        with pytest.raises(sluice.InvalidRequest, match=said):
            engine.decide("send", **{**GOOD, "recipient": value})
    assert unchanged(engine)


@pytest.mark.parametrize(("value", "size"), [("", 0), (b"", 0), ("x" * 1025, 1025), ("é" * 513, 1026)])
def test_an_empty_or_oversized_value_of_a_subject_is_refused_by_name(engine: sluice.Engine, value: Any, size: int) -> None:
    said = f"^account must be 1 to 1024 bytes, not {size}$"
    for ask in (engine.usage, engine.usage_rows, engine.reset, engine.erase):
        with pytest.raises(sluice.InvalidRequest, match=said):
            ask(account=value)
    with pytest.raises(sluice.InvalidRequest, match=f"^recipient must be 1 to 1024 bytes, not {size}$"):
        engine.usage(line="+1", recipient=value)


def test_a_lone_surrogate_has_no_bytes(engine: sluice.Engine) -> None:
    with pytest.raises(ValueError, match="account holds a lone surrogate"):
        engine.decide("send", **{**GOOD, "account": "\ud800"})


def test_a_list_where_nothing_repeats_is_a_type_error(engine: sluice.Engine) -> None:
    with pytest.raises(TypeError, match="line must be str or bytes, not list"):
        engine.decide("send", **{**GOOD, "line": ["+1"]})


def test_no_value_and_too_many_of_a_repeated_dimension_are_refused(engine: sluice.Engine) -> None:
    with pytest.raises(sluice.InvalidRequest):
        engine.decide("send", **{**GOOD, "recipient": []})
    with pytest.raises(sluice.TooMany, match="128"):
        engine.decide("send", **{**GOOD, "recipient": [f"+{n}" for n in range(129)]})
    assert unchanged(engine)


def test_missing_extra_and_double_values_are_named(engine: sluice.Engine) -> None:
    send = engine.operation("send")
    parts = {"parts": 1}
    for call, words in (
        (lambda: send("acme", "+1", quantities=parts), "send needs recipient"),
        (lambda: send("a", "b", "c", "d", quantities=parts), r"send takes 3 values \(account, line, recipient\), not 4"),
        (lambda: send("a", "b", "c", account="a", quantities=parts), "account is given twice"),
        (lambda: send("a", "b", "c", values={"line": "b"}, quantities=parts), "line is given twice"),
        (lambda: send("a", "b", "c", colour="red", quantities=parts), 'send has no value or option "colour"'),
        (lambda: send("a", "b", values={"colour": "red"}, quantities=parts), 'send has no value "colour"'),
        (lambda: send("a", "b", values=["c"], quantities=parts), "values must be a mapping"),
        (lambda: send("a", "b", values={7: "c"}, quantities=parts), "the names in values must be str"),
        (lambda: send("a", "b", "c"), "send needs quantities: parts"),
        (lambda: engine.decide("ping"), "ping needs account"),
    ):
        with pytest.raises(TypeError, match=words):
            call()
    assert unchanged(engine)


@pytest.mark.parametrize("option", ["peek", "receipt", "details", "force"])
@pytest.mark.parametrize("value", [1, "yes", None])
def test_a_flag_is_true_or_false(engine: sluice.Engine, option: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{option} must be True or False, not"):
        engine.decide("send", **GOOD, **{option: value})


@pytest.mark.parametrize("now", [1.5, True, False, "now", b"0", Decimal(1), date(2025, 1, 1), timedelta(1), [], 1j])
def test_now_of_another_type_is_a_type_error(engine: sluice.Engine, now: Any) -> None:
    for call in (
        lambda: engine.decide("send", **GOOD, now=now),
        lambda: engine.operation("ping").take("acme", now=now),
        lambda: engine.decide_many("ping", ["acme"], now=now),
        lambda: engine.set_plan("pro", account="acme", now=now),
        lambda: engine.usage(account="acme", now=now),
        lambda: engine.set_clock(now),
        lambda: engine.sweep(now=now),
        lambda: sluice.Engine(SENDING, clock="manual", now=now),
    ):
        with pytest.raises(TypeError, match="now must be"):
            call()
    assert unchanged(engine)


@pytest.mark.parametrize("now", [-1, 2**62, 2**63, 2**64, -(2**63), 10**40, -(10**40)])
def test_now_out_of_range_is_a_time_error(engine: sluice.Engine, now: int) -> None:
    for call in (lambda: engine.decide("send", **GOOD, now=now), lambda: engine.set_clock(now)):
        with pytest.raises(sluice.TimeError, match="now must be from 0 up to 2\\^62"):
            call()
    assert issubclass(sluice.TimeError, ValueError)


def test_now_without_a_zone_or_before_1970_is_a_value_error(engine: sluice.Engine) -> None:
    with pytest.raises(ValueError, match="now is a datetime without a time zone"):
        engine.decide("send", **GOOD, now=datetime(2025, 1, 1))
    for year in (1960, 2200):
        with pytest.raises(sluice.TimeError, match="now must be from 1970"):
            engine.decide("send", **GOOD, now=datetime.fromisoformat(f"{year}-01-01T00:00:00+00:00"))


def test_now_more_than_a_day_ahead_is_refused_and_behind_is_not(engine: sluice.Engine) -> None:
    later = int(time.time()) * SECOND + 2 * DAY
    with pytest.raises(sluice.TimeError, match="day ahead"):
        engine.decide("send", **GOOD, now=later)
    assert unchanged(engine)
    engine.set_clock(later)
    assert engine.decide("send", **GOOD, now=later + DAY), "a manual clock counts as well"
    assert engine.decide("send", **{**GOOD, "recipient": "+3"}, now=0)


@pytest.mark.parametrize("parts", [-1, 2**48, 2**64, 10**40])
def test_a_quantity_out_of_range_is_a_value_error(engine: sluice.Engine, parts: int) -> None:
    with pytest.raises(sluice.InvalidRequest, match="parts must be from 0 to 281474976710655"):
        engine.decide("send", **{**GOOD, "quantities": {"parts": parts}})
    assert unchanged(engine)


@pytest.mark.parametrize("parts", [1.0, True, "1", None])
def test_a_quantity_of_another_type_is_a_type_error(engine: sluice.Engine, parts: Any) -> None:
    with pytest.raises(TypeError, match="quantity parts must be an int"):
        engine.decide("send", **{**GOOD, "quantities": {"parts": parts}})


def test_whole_numbers_of_other_types_count(engine: sluice.Engine) -> None:
    class Index:
        def __index__(self) -> int:
            return 3

    engine.decide("send", **{**GOOD, "quantities": {"parts": Index()}}, now=Index())  # type: ignore[arg-type]
    assert engine.usage(account="acme", now=3)["parts"]["sent"] == 3


def test_an_error_inside_a_callers_object_is_the_callers(engine: sluice.Engine) -> None:
    class Broken:
        def __index__(self) -> int:
            raise ZeroDivisionError

    def values() -> Any:
        yield "+2"
        raise KeyError("mine")

    with pytest.raises(ZeroDivisionError):
        engine.decide("send", **GOOD, now=Broken())  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="mine"):
        engine.decide("send", **{**GOOD, "recipient": values()})
    assert unchanged(engine)


def test_an_unknown_name_is_not_found_and_named(engine: sluice.Engine) -> None:
    for call, words in (
        (lambda: engine.decide("sedn", **GOOD), "sedn"),
        (lambda: engine.operation(""), "no operation"),
        (lambda: engine.set_plan("gold", account="acme"), "gold"),
        (lambda: engine.set_plan("free", line="+1"), "line"),
        (lambda: engine.set_amount("minut", 1, account="acme"), "minut"),
        (lambda: engine.set_amount("pair", 1, account="acme"), "pair"),
        (lambda: engine.usage(colour="red"), r"\(colour\); it does for: account; line, recipient"),
        (lambda: engine.erase(colour="red"), 'no dimension "colour"; it has: account, line, recipient'),
        (lambda: list(engine.list_subjects("colour")), "colour"),
        (lambda: engine.clear_throttle("minute", account="acme"), "minute"),
    ):
        with pytest.raises((sluice.NotFound, sluice.InvalidRequest), match=words):
            call()
    assert issubclass(sluice.NotFound, LookupError)
    assert unchanged(engine)


def test_names_of_another_type_are_type_errors(engine: sluice.Engine) -> None:
    for call, words in (
        (lambda: engine.operation(7), "operation must be str, not int"),
        (lambda: engine.set_plan(7, account="acme"), "plan must be str, not int"),
        (lambda: engine.set_amount(7, 1, account="acme"), "limit must be str, not int"),
        (lambda: engine.set_usage("minute", "1", account="acme"), "used must be an int, not str"),
        (lambda: engine.report_quality(None, account="acme"), "quality must be str"),
        (lambda: engine.set_billing(1.0, account="acme"), "day must be an int"),
        (lambda: engine.set_billing(1, time_of_day="09:00", account="acme"), "time_of_day must be a datetime.time"),
        (lambda: engine.set_billing(1, zone=1, account="acme"), "zone must be str"),
        (lambda: engine.report_throttled("minute", 1.5, account="acme"), "retry_after must be an int of ns or a timedelta"),
        (lambda: engine.usage(account=7), "account must be str or bytes, not int"),
        (lambda: engine.usage(subject="acme"), "subject must be a mapping"),
        (lambda: engine.usage(subject={"account": "a"}, account="a"), "account is given twice"),
        (lambda: engine.usage(), "name a subject by its dimensions"),
        (lambda: engine.erase(account="a", line="b"), "exactly one dimension"),
        (lambda: engine.set_clock(None), "now must be"),
        (lambda: engine.sweep("all"), "max_records must be an int"),
        (lambda: engine.reload(SENDING, allow_reset=1), "allow_reset must be True or False"),
    ):
        with pytest.raises(TypeError, match=words):
            call()  # type: ignore[no-untyped-call]
    assert unchanged(engine)


def test_numbers_out_of_range_are_value_errors(engine: sluice.Engine) -> None:
    for call, words in (
        (lambda: engine.set_usage("minute", -1, account="acme"), "used must be from 0"),
        (lambda: engine.set_usage("minute", 2**48, account="acme"), "used"),
        (lambda: engine.set_amount("minute", 0, account="acme"), "amount"),
        (lambda: engine.set_amount("minute", 2**48, account="acme"), "amount"),
        (lambda: engine.set_amount("minute", "lots", account="acme"), "lots"),
        (lambda: engine.set_billing(0, account="acme"), "day"),
        (lambda: engine.set_billing(32, account="acme"), "day"),
        (lambda: engine.report_throttled("minute", -1, account="acme"), "retry_after must be from 0"),
        (lambda: engine.report_throttled("minute", 2**63, account="acme"), "retry_after must be from 0"),
        (lambda: engine.report_throttled("minute", timedelta(-1), account="acme"), "retry_after must be from 0"),
        (lambda: engine.sweep(-1), "max_records must be from 0"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(sluice.SluiceError, match="Mars/Olympus"):
        engine.set_billing(1, zone="Mars/Olympus", account="acme")
    assert unchanged(engine)


def test_amounts_of_another_type_are_type_errors(engine: sluice.Engine) -> None:
    for wrong in (1.5, True, [1], b"1", object()):
        with pytest.raises(TypeError, match="amount must be an int, str, mapping or None"):
            engine.set_amount("minute", wrong, account="acme")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"clock": "atomic"}, sluice.InvalidRequest, "clock must be"),
        ({"now": 5}, sluice.InvalidRequest, "manual"),
        ({"memory_cap": 1}, sluice.SluiceError, "memory_cap"),
        ({"memory_cap": -1}, ValueError, "memory_cap must be from 0"),
        ({"memory_cap": 1.5}, TypeError, "memory_cap must be an int"),
        ({"receipt_ttl": -1}, ValueError, "receipt_ttl must be from 0"),
        ({"receipt_ttl": timedelta(days=500)}, sluice.SluiceError, "receipt_ttl"),
        ({"receipt_ttl": "1h"}, TypeError, "receipt_ttl must be an int of ns or a timedelta"),
        ({"shards": 3}, sluice.SluiceError, "shards"),
        ({"shards": 2048}, sluice.SluiceError, "shards"),
        ({"event_capacity": 2**32}, ValueError, "event_capacity must be from 0"),
        ({"colour": "red"}, TypeError, "colour"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(options: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        sluice.Engine(SENDING, **options)


def test_a_key_used_for_another_request_conflicts_and_a_bad_one_is_refused(engine: sluice.Engine) -> None:
    assert engine.decide("send", **GOOD, idempotency_key="k")
    with pytest.raises(sluice.Conflict):
        engine.decide("send", **{**GOOD, "recipient": "+3"}, idempotency_key="k")
    for wrong in ("", "k" * 256):
        with pytest.raises(sluice.InvalidRequest, match="idempotency_key must be 1 to 255 bytes"):
            engine.decide("send", **GOOD, idempotency_key=wrong)
    with pytest.raises(TypeError, match="idempotency_key must be str or bytes, not int"):
        engine.decide("send", **GOOD, idempotency_key=7)  # type: ignore[arg-type]


def test_an_error_says_the_name_of_its_status(engine: sluice.Engine) -> None:
    with pytest.raises(sluice.SluiceError) as raised:
        engine.decide("none", account="acme")
    assert raised.value.status == "SLUICE_E_NOT_FOUND"
    for kind in (sluice.InvalidRequest, sluice.PolicyError, sluice.TimeError, sluice.TooMany):
        assert issubclass(kind, sluice.SluiceError) and issubclass(kind, ValueError)


def test_new_subjects_are_refused_at_the_memory_cap_and_known_ones_are_served(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="day", amount=5)), memory_cap=1 << 20)
    go = engine.operation("go")
    assert go("known")
    batch = engine.decide_many("go", [f"subject {n}" for n in range(100_000)])
    refused = [n for n, status in enumerate(batch.status) if status == 1]
    assert refused and batch[refused[-1]].denial == "memory"
    assert go("known"), "a known subject is served"
    assert engine.counters().memory_used <= 1 << 20
    assert any(event.kind == "memory" for event in engine.events())
    assert engine_of(MINUTE_OF_5).decide("go", account="acme")
