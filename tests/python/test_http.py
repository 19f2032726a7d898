"""Answers over HTTP and metrics, read back by parsers that somebody else has written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import http_sfv
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

import sluice

ROOT = Path(__file__).resolve().parent.parent.parent
POLICIES = ROOT / "policies"
SECOND = 10**9
START = 1_736_726_400 * SECOND
MakeEngine = Callable[..., sluice.Engine]

LIMITS = [
    {"name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 2},
    {"name": "per day", "scope": ["account"], "kind": "sliding", "period": "24h", "slots": 10, "amount": 2**48 - 1},
    {"name": "a/b:c_d-e.f", "scope": ["account"], "kind": "pace", "amount": "10/s", "depth": 5},
]


def policy(**more: Any) -> str:
    charges = [{"limit": limit["name"]} for limit in LIMITS]
    operations = [{"name": "send", "values": ["account"], "charges": charges}]
    return json.dumps({"name": "t", "tenant": "account", "limits": LIMITS, "operations": operations, **more})


def dialect(**fields: Any) -> str:
    return policy(dialect=fields)


# ---- answers ------------------------------------------------------------------------------------------------------------------


def test_a_decision_answers_in_the_words_of_the_policy(engine_of: MakeEngine) -> None:
    engine = engine_of(POLICIES / "linq.jsonc", now=START)
    send = engine.operation("messages.send")
    for _ in range(30):
        assert send("acme", "+1", "+2").http().status == 200
    answer = send("acme", "+1", "+2", now=START + 15 * SECOND).http(given={"trace_id": "t-1"})
    assert answer.status == 429
    assert answer.header("retry-after") == "45"
    assert answer.header("Retry-Later") is None
    assert json.loads(answer.body)["error"]["retry_after"] == 45
    assert json.loads(answer.body)["trace_id"] == "t-1"
    assert (answer.retry, answer.retry_after) == (True, 45 * SECOND)


def test_a_dialect_that_tells_limits_by_name_needs_details(engine_of: MakeEngine) -> None:
    engine = engine_of(dialect(headers={"X-Left": "{minute.remaining}"}))
    with pytest.raises(sluice.InvalidRequest, match="room for rows"):
        engine.decide("send", account="acme").http()
    assert engine.decide("send", account="acme", details=True).http().headers == [("X-Left", "0")]


def test_a_replay_has_no_rows_and_is_answered_by_what_it_has(engine_of: MakeEngine) -> None:
    engine = engine_of(dialect(headers={"A": "{minute.remaining}", "B": "{per day.used}"}))
    asked = {"account": "acme", "details": True, "idempotency_key": "k"}
    assert engine.decide("send", **asked).http().headers == [("A", "1"), ("B", "1")]
    replay = engine.decide("send", **asked)
    assert replay.replayed
    assert replay.http().headers == [("A", "1")]


def test_answer_decides_and_answers_failures_too(engine_of: MakeEngine) -> None:
    engine = engine_of(
        dialect(given=["id"], answers={"failed as not_found": {"status": 404, "body": {"lost": True, "id": "{given.id}"}}})
    )
    assert engine.answer("send", account="acme").status == 200
    assert engine.decide("send", account="acme", peek=True).used == 1
    lost = engine.answer("sned", account="acme", given={"id": "7"})
    assert (lost.status, lost.body) == (404, b'{"lost":true,"id":"7"}')
    assert engine.answer("send", account="").status == 400
    engine.close()
    with pytest.raises(sluice.ClosedError):
        engine.answer("send", account="acme")


def test_values_and_quantities_are_told_by_name(engine_of: MakeEngine) -> None:
    engine = engine_of(dialect(headers={"Who": "{value.account}"}))
    assert engine.answer("send", account="acme").headers == [("Who", "acme")]
    assert engine.decide("send", account=b"\xff\r\n").http(values={"account": b"\xff\r\n"}).headers == [("Who", "???")]
    assert engine.decide("send", account="bob").http().headers == []


def test_a_held_message_is_answered_as_queued(engine_of: MakeEngine) -> None:
    limits = [{"name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue"}]
    operations = [{"name": "send", "values": ["account", "line"], "charges": [{"limit": "pace"}]}]
    queued = {"status": 202, "body": {"id": "{message}", "depth": "{depth}", "state": "{outcome}"}}
    text = {"name": "q", "tenant": "account", "line": "line", "limits": limits, "operations": operations}
    engine = engine_of(json.dumps({**text, "dialect": {"answers": {"queued": queued}}}), now=START)
    held = engine.enqueue("send", account="acme", line="+1")
    assert json.loads(held.http().body) == {"id": held.message, "depth": 1, "state": "queued"}
    assert held.http().status == 202
    assert engine.decide("send", account="acme", line="+1").http().status == 429


@pytest.mark.parametrize("wrong", [5, ["policy", 5], {"x": 1}, object()])
def test_what_is_no_dialect_is_refused(engine_of: MakeEngine, wrong: Any) -> None:
    with pytest.raises((TypeError, sluice.InvalidRequest)):
        engine_of(policy()).decide("send", account="acme").http(dialects=wrong)


def test_an_unknown_dialect_names_the_known(engine_of: MakeEngine) -> None:
    unknown: Any = "x-ratelimits"
    with pytest.raises(sluice.InvalidRequest, match='"x-ratelimit-delta", "ratelimit"'):
        engine_of(policy()).decide("send", account="acme").http(dialects=[unknown])


@pytest.mark.parametrize("given", [5, "a", {"a": 5}, {5: "a"}])
def test_what_is_given_is_texts_by_name(engine_of: MakeEngine, given: Any) -> None:
    with pytest.raises(TypeError):
        engine_of(policy()).decide("send", account="acme").http(given=given)


@pytest.mark.parametrize(
    "terms",
    [
        {"dialects": "none such"},
        {"dialects": ["x-ratelimit", "x-ratelimit-delta"]},
        {"dialects": 5},
        {"given": {"a": 5}},
        {"given": {str(i): "text" for i in range(65)}},
    ],
)
def test_what_is_wrong_with_the_terms_is_said_before_anything_is_charged(engine_of: MakeEngine, terms: Any) -> None:
    engine = engine_of(policy(), now=START)
    with pytest.raises((TypeError, sluice.InvalidRequest, sluice.TooMany)):
        engine.answer("send", account="acme", **terms)
    assert engine.counters().allowed == 0
    assert engine.answer("send", account="acme", dialects=iter(["x-ratelimit"])).header("X-RateLimit-Remaining") == "1"


# ---- structured fields ---------------------------------------------------------------------------------------------------------


def fields_of(answer: sluice.HttpAnswer, name: str) -> dict[str, dict[str, Any]]:
    """The field as an independent parser of RFC 9651 reads it: the items of a list, each a string with parameters."""
    items = http_sfv.List()
    items.parse((answer.header(name) or "").encode("ascii"))
    assert all(type(item.value) is str for item in items)
    return {item.value: dict(item.params) for item in items}


def test_ratelimit_fields_parse_and_say_what_the_decision_says(engine_of: MakeEngine) -> None:
    engine = engine_of(policy(), now=START + 15 * SECOND)
    for expected in (True, True, False):
        decision = engine.decide("send", account="acme", details=True)
        assert decision.allowed is expected
        answer = decision.http(dialects="ratelimit")
        policies, state = fields_of(answer, "RateLimit-Policy"), fields_of(answer, "RateLimit")
        assert policies == {"minute": {"q": 2, "w": 60}, "per day": {"q": 2**48 - 1, "w": 86400}, "a/b:c_d-e.f": {"q": 5}}
        assert {name: item["r"] for name, item in state.items()} == {row.limit_name: row.remaining for row in decision.details}
        assert state["minute"]["t"] == 45


def test_without_rows_the_limit_named_is_told_alone(engine_of: MakeEngine) -> None:
    answer = engine_of(policy(), now=START).decide("send", account="acme").http(dialects="ratelimit")
    assert list(fields_of(answer, "RateLimit")) == ["minute"]


def test_the_parser_of_structured_fields_can_refuse() -> None:
    for wrong in (b'"minute";q=', b'minute";q=1', b'"minute";q=1234567890123456'):
        with pytest.raises(ValueError):
            http_sfv.List().parse(wrong)


# ---- metrics -------------------------------------------------------------------------------------------------------------------


def busy(engine: sluice.Engine) -> None:
    for _ in range(3):
        engine.decide("send", account="a-secret-key")
    engine.decide("send", account="a-secret-key", peek=True)


def samples_of(families: Any) -> dict[tuple[str, str], float]:
    return {
        (sample.name, "".join(v for k, v in sample.labels.items() if k not in ("policy", "stance"))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("form", ["openmetrics", "prometheus"])
def test_metrics_are_the_counters(engine_of: MakeEngine, form: Any) -> None:
    engine = engine_of(policy(), memory_cap=1 << 20)
    busy(engine)
    text = engine.metrics(form)
    samples = samples_of((parse_openmetrics if form == "openmetrics" else parse_prometheus)(text))
    counters = engine.counters()
    assert samples["sluice_decisions_total", "allowed"] == counters.allowed == 2
    assert samples["sluice_decisions_total", "denied"] == counters.denied == 1
    assert samples["sluice_denials_total", "rate"] == 1
    assert {kind: samples["sluice_denials_total", kind] for kind in counters.denied_by} == counters.denied_by
    assert {state: samples["sluice_queue_ended_total", state] for state in counters.ended} == counters.ended
    assert samples["sluice_peeks_total", ""] == 1
    assert samples["sluice_queue_depth", ""] == 0
    assert samples["sluice_memory_cap_bytes", ""] == 1 << 20
    assert text.endswith("# EOF\n") is (form == "openmetrics")


def test_metrics_are_labelled_by_nothing_that_a_caller_brought(engine_of: MakeEngine) -> None:
    engine = engine_of(policy())
    busy(engine)
    text = engine.metrics()
    assert "secret" not in text
    families = list(parse_openmetrics(text))
    labels = {(name, value) for family in families for sample in family.samples for name, value in sample.labels.items()}
    assert {name for name, _ in labels} == {"policy", "stance", "result", "kind", "state"}
    assert ("policy", "t") in labels and ("stance", "enforce") in labels
    assert {family.name: family.unit for family in families if family.unit} == {
        "sluice_memory_bytes": "bytes",
        "sluice_memory_cap_bytes": "bytes",
    }
    assert all(family.documentation for family in families)


def test_the_parser_of_metrics_can_refuse(engine_of: MakeEngine) -> None:
    text = engine_of(policy()).metrics()
    without_end, without_suffix = text.replace("# EOF\n", ""), re.sub(r"_total\{", "{", text, count=1)
    for wrong in (without_end, without_suffix, text.replace('policy="t"', "policy=t", 1)):
        with pytest.raises(ValueError):
            list(parse_openmetrics(wrong))
    with pytest.raises(sluice.InvalidRequest):
        unknown: Any = "json"
        engine_of(policy()).metrics(unknown)
