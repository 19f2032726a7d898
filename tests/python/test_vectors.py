"""The decision vectors of tests/vectors, which every language runs."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import time
from pathlib import Path
from typing import Any

import pytest

import sluice

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "tests/vectors").glob("*.json"))
DAY = 86_400 * 10**9
Expected = dict[str, Any]


class Runner:
    """Lives through the steps of one file."""

    def __init__(self, vector: dict[str, Any]) -> None:
        policy = ROOT / vector["policy_file"] if "policy_file" in vector else vector["policy_text"]
        start = int(vector["start"])
        self.engine = sluice.Engine(policy, stance=vector["stance"], clock="manual", now=start, receipt_ttl=400 * DAY)
        self.receipts: dict[int, sluice.Receipt] = {}

    def answer(self, number: int, step: dict[str, Any]) -> Expected:
        now = int(step["now"])
        self.engine.set_clock(now)
        try:
            answer = getattr(self, step["call"], self.configure)(number, step, now)
        except sluice.SluiceError as error:
            answer = {"error": error.status}
        return {"events": [event_of(event) for event in self.engine.events()], **answer}

    def decide(self, number: int, step: dict[str, Any], now: int) -> Expected:
        operation = self.engine.operation(step["operation"])
        options: dict[str, Any] = {name: step[name] for name in ("peek", "receipt", "idempotency_key") if name in step}
        options["quantities"] = dict(zip(operation.quantities, step["quantities"])) or None
        for _ in range(step.get("times", 1)):
            decision = operation(*step["values"], now=now, details=True, **options)
        if decision.receipt is not None and not decision.replayed:
            self.receipts[number] = decision.receipt
        named = (decision.limit_name, decision.limit, decision.used, decision.remaining, decision.resets_at, decision.opens_at)
        return {
            "outcome": decision.outcome,
            "denial": decision.denial,
            "wait_kind": decision.wait_kind,
            "retry_after": str(decision.retry_after or 0),
            "largest_cost": decision.largest_cost,
            "replayed": decision.replayed,
            "receipt": decision.receipt is not None,
            "named": row_of(*named),
            "details": None
            if decision.replayed
            else [row_of(d.limit_name, d.limit, d.used, d.remaining, d.resets_at, d.opens_at) for d in decision.details],
        }

    def refund(self, number: int, step: dict[str, Any], now: int) -> Expected:
        return self._settle(step, lambda receipt: receipt.refund(now=now))

    def commit(self, number: int, step: dict[str, Any], now: int) -> Expected:
        def settle(receipt: sluice.Receipt) -> None:
            names = self.engine.operation(repr(receipt).split(" of ")[1][:-1]).quantities
            receipt.commit(dict(zip(names, step["quantities"])), now=now)

        return self._settle(step, settle)

    def _settle(self, step: dict[str, Any], settle: Any) -> Expected:
        try:
            settle(self.receipts[step["receipt"]])
        except (sluice.NotFound, KeyError):
            return {"settled": False}
        return {"settled": True}

    def usage(self, number: int, step: dict[str, Any], now: int) -> Expected:
        rows = self.engine.usage_rows(subject=subject_of(step["with"]), now=now)
        return {"rows": [row_of(r.limit_name, r.limit, r.used, r.remaining, r.resets_at, None)[:-1] for r in rows]}

    def configure(self, number: int, step: dict[str, Any], now: int) -> Expected:
        given = {name: value for name, value in step["with"].items() if name not in ("scope", "subject")}
        if "retry_after" in given:
            given["retry_after"] = int(given["retry_after"])
        if "time" in given:
            given["time_of_day"] = time.fromisoformat(given.pop("time"))
        getattr(self.engine, step["call"])(**given, subject=subject_of(step["with"]), now=now)
        return {}


def subject_of(given: dict[str, Any]) -> dict[str, str]:
    return dict(zip(given["scope"].split(","), given["subject"]))


def row_of(name: str | None, limit: int | None, used: int, remaining: int | None, *instants: int | None) -> list[Any]:
    return [name, limit, used, remaining, *(None if instant is None else str(instant) for instant in instants)]


def event_of(event: sluice.Event) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": event.kind, "at": str(event.at), "subject": event.subject}
    if event.kind == "threshold":
        said.update(limit_name=event.limit_name, share=event.share, by_plan_change=event.by_plan_change)
    elif event.kind == "promotion":
        said["plan"] = event.plan
    else:
        said["limit_name"] = event.limit_name
    return said


def in_order(answer: Expected) -> Expected:
    return {**answer, "events": sorted(answer["events"], key=json.dumps)}


def agrees(answer: Expected, expected: Expected) -> bool:
    if "error" in expected:
        return answer.get("error") in expected["error"] and not answer["events"]
    return in_order(answer) == in_order(expected)


def first_difference(vector: dict[str, Any]) -> tuple[int, Expected] | None:
    """The step that is not answered as expected, and its answer."""
    runner = Runner(vector)
    with runner.engine:
        for number, step in enumerate(vector["steps"]):
            answer = runner.answer(number, step)
            if not agrees(answer, step["expect"]):
                return number, answer
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_step_is_answered_as_the_file_says(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    differs = first_difference(vector)
    assert differs is None, f"step {differs[0]}: {vector['steps'][differs[0]]}\nanswered: {differs[1]}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_altered_expectation_is_reported(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    fields = {field: number for number, step in reversed(list(enumerate(vector["steps"]))) for field in step["expect"]}
    for field, number in fields.items():
        expect = vector["steps"][number]["expect"]
        kept, expect[field] = expect[field], ["another"] if isinstance(expect[field], list) else "another"
        if field == "events":
            expect[field] = [{"kind": "another"}]
        differs = first_difference(vector)
        assert differs is not None, field
        assert differs[0] == number, field
        expect[field] = kept


def test_the_files_are_what_the_reference_model_answers() -> None:
    script = ROOT / "tests/vectors/generate.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
