#!/usr/bin/env python3
"""Writes the decision vectors: steps and what the reference model answers to them. README.md has the format.

tests/vectors/generate.py           writes every file anew
tests/vectors/generate.py --check   says which files differ from what the model answers now
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests/python"), str(ROOT / "tests/reference")]

import random_cases  # noqa: E402
import sluice_reference  # noqa: E402
from model_player import Model, keeps_its_terms  # noqa: E402

SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
START = 1_736_942_400 * SECOND  # 2025-01-15 12:00:00 UTC
RANDOM_CASES = range(1, 13)

STATUS_OF = {
    "UnsetAmount": ["SLUICE_E_UNSET"],
    "KeyReused": ["SLUICE_E_CONFLICT", "SLUICE_E_UNSET"],
    "RequestError": ["SLUICE_E_INVALID", "SLUICE_E_NOT_FOUND", "SLUICE_E_TOO_MANY"],
    "PolicyError": ["SLUICE_E_INVALID"],
}


def ns(number: int | None) -> str | None:
    """Instants and spans are text: not every language reads 64 bits from a JSON number."""
    return None if number is None else str(number)


class Recorder:
    """The model, with every call and its answer written down."""

    def __init__(self, policy_text: str, stance: str) -> None:
        self.model = Model(policy_text, stance)
        self.steps: list[dict[str, Any]] = []
        self.receipts: dict[int, int] = {}  # of the model -> the step that made it

    def __getattr__(self, call: str) -> Any:
        def configure(*, now: int, **arguments: Any) -> None:
            if not self._keeps(arguments.get("dimension"), with_plans=call == "report_quality"):
                return getattr(self.model, call)(now=now, **arguments)
            self._step(call, now, {"with": self._configured(arguments)}, lambda: getattr(self.model, call)(now=now, **arguments))

        return configure

    def decide(self, operation: str, values: dict[str, Any], quantities: dict[str, int], now: int, **options: Any) -> Any:
        declared = self.model.policy.operations[operation]
        step: dict[str, Any] = {
            "operation": operation,
            "values": [values[name] for name in declared.values],
            "quantities": [quantities[name] for name in declared.quantities],
        }
        step.update(options)
        times = options.pop("times", 1)

        def decide() -> sluice_reference.Decision:
            for _ in range(times - 1):
                self.model.decide(operation, values, quantities, now=now, **options)
            return self.model.decide(operation, values, quantities, now=now, **options)

        return self._step("decide", now, step, decide)

    def refund(self, receipt: int, now: int) -> Any:
        return self._step("refund", now, {"receipt": self.receipts.get(receipt)}, lambda: self.model.refund(receipt, now))

    def commit(self, receipt: int, actual: dict[str, int], now: int) -> Any:
        made_by = self.receipts.get(receipt)
        declared = self.model.policy.operations[self.steps[made_by]["operation"]] if made_by is not None else None
        step = {"receipt": made_by, "quantities": [actual[name] for name in declared.quantities] if declared else []}
        return self._step("commit", now, step, lambda: self.model.commit(receipt, actual, now))

    def _keeps(self, dimension: str | None, with_plans: bool = False) -> bool:
        """Whether an engine has anything to keep for subjects of a dimension; the model takes any."""
        subject = self.model.policy.subjects.get(dimension)
        if dimension is None or (subject is not None and (subject.plans or not with_plans)):
            return True
        return not with_plans and any(limit.scope == (dimension,) for limit in self.model.policy.limits.values())

    def usage(self, dimension: str, value: str, now: int) -> Any:
        if not self._keeps(dimension):
            return self.model.usage(dimension, value, now)
        step = {"with": {"scope": dimension, "subject": [value]}}
        return self._step("usage", now, step, lambda: self.model.usage(dimension, value, now))

    def _step(self, call: str, now: int, step: dict[str, Any], answer: Any) -> Any:
        try:
            said = answer()
        except ValueError as error:
            self.steps.append({"call": call, "now": ns(now), **step, "expect": {"error": STATUS_OF[type(error).__name__]}})
            raise
        self.model.lived_until(now)
        self.steps.append({"call": call, "now": ns(now), **step, "expect": self._expected(said)})
        if isinstance(said, sluice_reference.Decision) and said.receipt is not None and not said.replayed:
            self.receipts[said.receipt] = len(self.steps) - 1
        return said

    def _configured(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A subject by its scope and values, as the C ABI has it; times as text."""
        said = dict(arguments)
        for name in ("subject_values", "subject"):
            if name in said:
                said["scope"] = ",".join(self.model.policy.limit(said["limit"]).scope)
                said["subject"] = said.pop(name)
        if "dimension" in said:
            said["scope"], said["subject"] = said.pop("dimension"), [said.pop("value")]
        if "retry_after" in said:
            said["retry_after"] = ns(said["retry_after"])
        return said

    def _expected(self, said: Any) -> Any:
        expected: dict[str, Any] = {"events": self._events()}
        if isinstance(said, sluice_reference.Decision):
            expected.update(decision_of(said))
        elif isinstance(said, bool):
            expected["settled"] = said
        elif isinstance(said, list):
            kinds = self.model.policy.limit
            expected["rows"] = [row_of(row)[:-1] for row in said if kinds(row.limit_name).kind != "upstream"]
        return expected

    def _events(self) -> list[dict[str, Any]]:
        return [event_of(self.model, event) for event in self.model.drain_events()]


def row_of(row: sluice_reference.Detail) -> list[Any]:
    """limit_name, limit, used, remaining, resets_at, opens_at"""
    return [row.limit_name, row.limit, row.used, row.remaining, ns(row.resets_at), ns(row.opens_at)]


def decision_of(decision: sluice_reference.Decision) -> dict[str, Any]:
    about = (decision.limit, decision.subject)
    named = next((row for row in decision.details if (row.limit_name, row.subject) == about), decision.details[0])
    return {
        "outcome": decision.outcome,
        "denial": decision.denial,
        "wait_kind": decision.wait_kind,
        "retry_after": ns(decision.retry_after if decision.retry_after is not None else 0),
        "largest_cost": decision.largest_cost,
        "replayed": decision.replayed,
        "receipt": decision.receipt is not None,
        "named": row_of(named),
        "details": None if decision.replayed else [row_of(row) for row in decision.details],
    }


def event_of(model: Model, event: sluice_reference.Event) -> dict[str, Any]:
    scope = (event.dimension,) if event.limit is None else model.policy.limit(event.limit).scope
    said: dict[str, Any] = {"kind": event.kind, "at": ns(event.at)}
    said["subject"] = ",".join(f"{name}={value}" for name, value in zip(scope, event.subject))
    if event.kind == "threshold":
        said.update(limit_name=event.limit, share=int(event.percent * 100), by_plan_change=event.cause == "plan_change")
    elif event.kind == "promotion":
        said["plan"] = event.plan_to
    else:
        said["limit_name"] = event.limit
    return said


# ---- traffic for the providers' policies ------------------------------------------------------------

STEPS_OF_TIME = [0, 0, 0, 0, 1, 12_500_000, SECOND // 4, SECOND, SECOND, 7 * SECOND, MINUTE, 61 * SECOND, HOUR, DAY]
POOL = {"account": ["acme", "bolt"], "recipient": ["+3", "+4", "+5", "+6"], "line": ["+1", "+2"]}


class Traffic:
    """Calls that a policy's own users could make."""

    def __init__(self, random: Random, recorder: Recorder) -> None:
        self.random, self.recorder, self.policy = random, recorder, recorder.model.policy
        self.plans = {name: list(subject.plans) for name, subject in self.policy.subjects.items() if subject.plans}
        self.receipts: list[tuple[int, dict[str, int]]] = []

    def play(self, steps: int) -> None:
        now = START
        self._set_custom_amounts(now)
        while len(self.recorder.steps) < steps and not self.recorder.model.records.unsure:
            now += self.random.choice(STEPS_OF_TIME)
            with contextlib.suppress(ValueError):
                self._step(now)

    def _set_custom_amounts(self, now: int) -> None:
        for limit in self.policy.limits.values():
            custom = any(amount.word == "custom" for amount in limit.amounts.values())
            for account in POOL["account"]:
                if custom and len(limit.scope) == 1:
                    value = self._value(limit.scope[0]) if limit.scope[0] != "account" else account
                    number = "7/s" if limit.kind == "pace" else 90
                    amount = number if keeps_its_terms(limit) else "unlimited"
                    self.recorder.set_amount(limit=limit.name, subject_values=[value], amount=amount, now=now)

    def _value(self, dimension: str) -> str:
        return self.random.choice(POOL.get(dimension, [f"{dimension} 1", f"{dimension} 2", f"{dimension} 3"]))

    def _step(self, now: int) -> None:
        roll, pick = self.random.random(), self.random
        if roll < 0.8:
            self._decide(now)
        elif roll < 0.84 and self.receipts:
            receipt, quantities = pick.choice(self.receipts)
            if quantities and pick.random() < 0.5:
                self.recorder.commit(
                    receipt, {name: pick.choice([0, number, number + 2]) for name, number in quantities.items()}, now
                )
            else:
                self.recorder.refund(receipt, now)
        elif roll < 0.88 and self.plans:
            dimension = pick.choice(list(self.plans))
            plan = pick.choice(self.plans[dimension])
            self.recorder.set_plan(dimension=dimension, value=self._value(dimension), plan=plan, now=now)
        elif roll < 0.93:
            self.recorder.usage("account", self._value("account"), now)
        elif roll < 0.96 and self.plans:
            dimension = pick.choice(list(self.plans))
            self.recorder.report_quality(dimension=dimension, value=self._value(dimension), quality="green", now=now)
        else:
            self._throttle(now)

    def _decide(self, now: int) -> None:
        pick = self.random
        operation = pick.choice([next(iter(self.policy.operations.values())), *self.policy.operations.values()])
        values: dict[str, Any] = {name: self._value(name) for name in operation.values}
        if operation.repeats and pick.random() < 0.5:
            values[operation.repeats] = pick.choices(POOL["recipient"], k=pick.choice([1, 2, 3]))
        quantities = {name: pick.choice([1, 2, 5, 40]) for name in operation.quantities}
        options: dict[str, Any] = {name: True for name, chance in (("peek", 0.05), ("receipt", 0.2)) if pick.random() < chance}
        if not options and pick.random() < 0.25:
            options["times"] = pick.choice([4, 9, 30, 100])
        if not options and pick.random() < 0.1 and self.policy.tenant in operation.values:
            options["idempotency_key"] = pick.choice(["k1", "k2", "k3"])
        decision = self.recorder.decide(operation.name, values, quantities, now, **options)
        if decision.receipt is not None and not decision.replayed:
            self.receipts.append((decision.receipt, quantities))

    def _throttle(self, now: int) -> None:
        for limit in self.policy.limits.values():
            if limit.kind == "upstream":
                wait = self.random.choice([SECOND, 30 * SECOND, 3 * HOUR])
                subject = [self._value(name) for name in limit.scope]
                self.recorder.report_throttled(limit=limit.name, subject=subject, retry_after=wait, now=now)


# ---- files ------------------------------------------------------------


def provider_files() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "policies").glob("*.jsonc")):
        for stance in ("enforce", "comply"):
            recorder = Recorder(path.read_text("utf-8"), stance)
            Traffic(Random(f"{path.stem} {stance}"), recorder).play(120)
            about = {"policy_file": f"policies/{path.name}", "stance": stance, "start": ns(START)}
            yield f"{path.stem}_{stance}.json", {**about, "steps": recorder.steps}


def random_files() -> Iterator[tuple[str, dict[str, Any]]]:
    for seed in RANDOM_CASES:
        case = random_cases.case(seed)
        recorder = Recorder(case.policy, case.stance)
        for _ in random_cases.play(case, recorder):
            if recorder.model.records.unsure:
                recorder.steps.pop()
                break
        about = {"policy_text": case.policy, "stance": case.stance, "start": ns(case.start)}
        yield f"random_{seed:02}.json", {**about, "steps": recorder.steps}


def text_of(vector: dict[str, Any]) -> str:
    """One step a line, so that a change of one is one line."""
    head = {name: value for name, value in vector.items() if name != "steps"}
    steps = ",\n".join(json.dumps(step, ensure_ascii=False) for step in vector["steps"])
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "steps": [\n' + steps + "\n]}\n"
    if "\\u0000" in text:
        raise ValueError("a text holds a NUL, which a reader in C may take for its end")
    return text


def main() -> int:
    files = dict([*provider_files(), *random_files()])
    differ = [
        name
        for name, vector in files.items()
        if not (HERE / name).is_file() or (HERE / name).read_text("utf-8") != text_of(vector)
    ]
    differ += [path.name for path in HERE.glob("*.json") if path.name not in files]
    if "--check" in sys.argv[1:]:
        for name in differ:
            print(f"{name}: not what the model answers; run tests/vectors/generate.py")
        return 1 if differ else 0
    for name in differ:
        if name in files:
            (HERE / name).write_text(text_of(files[name]), "utf-8")
        else:
            (HERE / name).unlink()
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
