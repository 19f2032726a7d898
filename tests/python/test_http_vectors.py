"""The answers of tests/vectors/http, which every language gives byte for byte."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import sluice

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "tests/vectors/http").glob("*.json"))
FAILURES = {error.status: error for error in (sluice.Conflict, sluice.MemoryCapError, sluice.NotFound)}


def wire_of(answer: sluice.HttpAnswer) -> str:
    head = f"{answer.status}\n" + "".join(f"{name}: {value}\n" for name, value in answer.headers)
    return head + ("\n" + answer.body.decode() if answer.body else "")


class Player:
    """Lives through the steps of one file."""

    def __init__(self, vector: dict[str, Any]) -> None:
        policy = ROOT / vector["policy_file"] if "policy_file" in vector else vector["policy_text"]
        self.engine = sluice.Engine(policy, stance=vector["stance"], clock="manual", now=int(vector["start"]))

    def play(self, step: dict[str, Any]) -> dict[str, Any] | None:
        self.engine.set_clock(int(step["now"]))
        call = {"answer": self.answer, "answer_failure": self.answer_failure, "answer_usage": self.answer_usage}
        answer = call.get(step["call"], self.configure)(step)
        if answer is None:
            return None
        wait = None if answer.retry_after is None else str(answer.retry_after)
        return {"wire": wire_of(answer), "retry": answer.retry, "retry_after": wait}

    def answer(self, step: dict[str, Any]) -> sluice.HttpAnswer:
        operation = self.engine.operation(step["operation"])
        values = dict(zip(operation.values, step["values"]))
        quantities = dict(zip(operation.quantities, step.get("quantities", ()))) or None
        for _ in range(step.get("times", 1)):
            answer = self.engine.answer(
                operation.name, values=values, quantities=quantities, dialects=step.get("dialects"), given=step.get("given")
            )
        return answer

    def answer_failure(self, step: dict[str, Any]) -> sluice.HttpAnswer:
        return self.engine.answer_failure(FAILURES[step["status"]]("lost"), dialects=step.get("dialects"))

    def answer_usage(self, step: dict[str, Any]) -> sluice.HttpAnswer:
        return self.engine.answer_usage(subject=subject_of(step["with"]))

    def configure(self, step: dict[str, Any]) -> None:
        given = {name: value for name, value in step["with"].items() if name not in ("scope", "subject")}
        if "retry_after" in given:
            given["retry_after"] = int(given["retry_after"])
        getattr(self.engine, step["call"])(**given, subject=subject_of(step["with"]))


def subject_of(given: dict[str, Any]) -> dict[str, str]:
    return dict(zip(given["scope"].split(","), given["subject"]))


def first_difference(vector: dict[str, Any]) -> tuple[int, Any] | None:
    player = Player(vector)
    with player.engine:
        for number, step in enumerate(vector["steps"]):
            answer = player.play(step)
            if answer != step.get("expect"):
                return number, answer
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_answer_is_as_the_file_says(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    differs = first_difference(vector)
    assert differs is None, f"step {differs[0]}: {vector['steps'][differs[0]]}\nanswered: {differs[1]}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_altered_byte_is_reported(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    for number, step in enumerate(vector["steps"]):
        for field in step.get("expect", ()):
            other = copy.deepcopy(vector)
            expect = other["steps"][number]["expect"]
            expect[field] = expect[field] + "0" if isinstance(expect[field], str) else not expect[field]
            assert (first_difference(other) or (None,))[0] == number


def test_there_are_vectors_for_every_provider() -> None:
    assert {"gosendapi", "linq", "sendblue", "senddev", "texting_blue", "generic"} <= {path.stem for path in FILES}
