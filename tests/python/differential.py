"""One random case played by the reference model and the engine; where they differ, and the shortest case that still does."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

import random_cases
import sluice
import sluice_reference
from engine_player import Answer, Decided, EnginePlayer, Row, Told
from model_player import Model, is_followed, keeps_its_terms

REFUSED = (ValueError, sluice.SluiceError)
# Which exceptions say the same thing.
SAME_REFUSAL = {
    "UnsetAmount": {"Unset"},
    "KeyReused": {"Conflict", "Unset"},  # both are true of one request
    "RequestError": {"InvalidRequest", "NotFound", "TooMany"},
    "PolicyError": {"InvalidRequest"},
}


class Difference(NamedTuple):
    """The first turn at which the two disagree."""

    index: int  # of the step
    what: str
    call: str
    now: int
    arguments: dict[str, Any]
    model: Any
    engine: Any

    def __str__(self) -> str:
        return (
            f"step {self.index}, {self.what} of {self.call} at {self.now}: {self.arguments}\n"
            f"  model:  {self.model}\n  engine: {self.engine}"
        )


def answer_of(decision: sluice_reference.Decision) -> Answer:
    about = (decision.limit, decision.subject)
    named = next((d for d in decision.details if (d.limit_name, d.subject) == about), next(iter(decision.details), None))
    # A replay is the first answer again; how the other limits stood then is not kept.
    details = () if decision.replayed else decision.details
    return Answer(
        decision.outcome,
        decision.denial,
        decision.limit,
        decision.wait_kind,
        decision.retry_after,
        decision.largest_cost,
        decision.replayed,
        decision.receipt is not None,
        Row("", None, 0, None, None, None) if named is None else row_of(named),
        tuple(row_of(detail) for detail in details),
    )


def row_of(detail: sluice_reference.Detail) -> Row:
    return Row(detail.limit_name, detail.limit, detail.used, detail.remaining, detail.resets_at, detail.opens_at)


def events_of(model: Model) -> list[Told]:
    return [told_of(model, event) for event in model.drain_events()]


def told_of(model: Model, event: sluice_reference.Event) -> Told:
    scope = (event.dimension,) if event.limit is None else model.policy.limit(event.limit).scope
    subject = ",".join(f"{name}={value}" for name, value in zip(scope, event.subject))
    by_plan_change = None if event.cause is None else event.cause == "plan_change"
    share = None if event.percent is None else int(event.percent * 100)
    return Told(event.kind, event.at, event.limit, subject, share, by_plan_change, event.plan_to)


def comparable(model: Model, answer: Any) -> Any:
    """What an answer is compared as."""
    if isinstance(answer, sluice_reference.Decision):
        return answer_of(answer)
    if isinstance(answer, Decided):
        return answer.answer
    if isinstance(answer, list):  # usage, in which what has no number is left out
        metered = [detail for detail in answer if model.policy.limit(detail.limit_name).kind != "upstream"]
        return tuple(row_of(detail) for detail in metered)
    return answer


def agree(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, random_cases.Refused) and isinstance(theirs, random_cases.Refused):
        return theirs.error in SAME_REFUSAL[ours.error]
    if isinstance(ours, Answer) and ours.replayed and isinstance(theirs, random_cases.Refused):
        return theirs.error == "Unset"  # what was accepted cannot be charged again before an amount is set
    if isinstance(ours, Answer) and isinstance(theirs, Answer) and theirs.details is None:
        ours = replace(ours, details=None)
    return bool(ours == theirs)


def tell_the_same(case: random_cases.Case, model: Model, ours: list[Told], theirs: list[Told]) -> bool:
    """In any order of limits. Where an amount may be a word in between, the model tells again what had been told before."""
    ours, theirs = ([event for event in told if not told_late(model, event)] for told in (ours, theirs))
    told = sorted(ours, key=repr)
    for event in sorted(theirs, key=repr):
        if event not in told:
            return False
        told.remove(event)
    return all(event.by_plan_change and may_be_unlimited(case, model, event.limit) for event in told)


def told_late(model: Model, event: Told) -> bool:
    """A threshold that follows a plan in another record: the engine finds it crossed when its own record is touched next."""
    if event.kind != "threshold":
        return False
    limit = model.policy.limit(event.limit)
    return len(limit.scope) > 1 and len(limit.amounts) > 1


def may_be_unlimited(case: random_cases.Case, model: Model, name: str | None) -> bool:
    amounts = model.policy.limit(name).amounts.values()
    given = [step["with"] for step in case.steps if step["call"] == "set_amount"]
    return any(amount.word != "number" for amount in amounts) or any(each["amount"] in ("unlimited", "blocked") for each in given)


def difference(case: random_cases.Case) -> Difference | None:
    """Plays a case to its end or to the first difference. Sweeps and reloads that must change nothing come in between."""
    model = Model(case.policy, case.stance)
    case = settled(case, model)
    shards = Random(case.seed).choice([1, 2, 1024])
    try:
        engine = EnginePlayer(case.policy, case.stance, case.start, shards=shards)
    except sluice.PolicyError as error:
        return Difference(-1, "policy", "create", case.start, {}, "accepted", str(error))
    with engine.engine:
        for turn in random_cases.play(case, model, engine, refused=REFUSED):
            if model.records.unsure:
                return None
            ours, theirs = (comparable(model, answer) for answer in turn.answers)
            if not agree(ours, theirs):
                return Difference(turn.index, "answer", turn.call, turn.now, turn.arguments, ours, theirs)
            told, heard = events_of(model), engine.events()
            if not tell_the_same(case, model, told, heard):
                return Difference(turn.index, "events", turn.call, turn.now, turn.arguments, told, heard)
            model.lived_until(turn.now)
            engine.lived_until(turn.now)
            number = case.steps[turn.index].get("number", turn.index)
            disturb(Random(case.seed * 1000 + number), case, model, engine, turn.now)
    return None


def settled(case: random_cases.Case, model: Model) -> random_cases.Case:
    """A subject's own number becomes a word where what stands beside it would depend on when it was set, or others follow it."""
    steps = []
    for step in case.steps:
        given = step.get("with", {})
        if 0 in given.get("quantities", {}).values():  # an error that the model does not make
            step = {**step, "with": {**given, "quantities": dict.fromkeys(given["quantities"], 1)}}
        if step["call"] == "set_amount" and given["amount"] not in ("unlimited", "blocked", None):
            limit = model.policy.limit(given["limit"])
            if not keeps_its_terms(limit) or is_followed(model.policy, limit.name):
                step = {**step, "with": {**given, "amount": "unlimited"}}
        steps.append(step)
    return replace(case, steps=steps)


def disturb(random: Random, case: random_cases.Case, model: Model, engine: EnginePlayer, now: int) -> None:
    """What may happen at any time without a decision being any different."""
    if random.random() < 0.05:
        model.sweep(now)
        engine.sweep(now)
    if random.random() < 0.03:
        engine.engine.reload(case.policy, now=0)  # what the clock says then does not matter


def pinned(case: random_cases.Case) -> tuple[random_cases.Case, list[int]]:
    """The case with its steps numbered, and the instant of each."""
    case = replace(case, steps=[{**step, "number": number} for number, step in enumerate(case.steps)])
    instants = [0] * len(case.steps)
    for turn in random_cases.play(case, Model(case.policy, case.stance), refused=REFUSED):
        instants[turn.index] = turn.now
    return case, instants


def without(case: random_cases.Case, instants: list[int], kept: list[int]) -> random_cases.Case:
    """Only the steps kept, at the instants they had."""
    before = [case.start, *(instants[number] for number in kept)]
    steps = [{**case.steps[number], "time": {"by": instants[number] - at}} for number, at in zip(kept, before)]
    return replace(case, steps=steps)


def shortest(case: random_cases.Case) -> tuple[random_cases.Case, Difference]:
    """Drops steps for as long as the two still disagree."""
    found = difference(case)
    assert found is not None
    case, instants = pinned(replace(case, steps=case.steps[: found.index + 1]))
    kept = [number for number in range(len(case.steps)) if instants[number]]
    still = difference(without(case, instants, kept))
    dropped = still is not None
    while dropped:
        dropped = False
        for number in reversed(kept):
            fewer = [other for other in kept if other != number]
            again = difference(without(case, instants, fewer))
            if again is not None:
                kept, still, dropped = fewer[: again.index + 1], again, True
                break
    return (case, found) if still is None else (without(case, instants, kept), still)


def report(case: random_cases.Case) -> str:
    """A failing case as somebody can play it again."""
    short, found = shortest(case)
    steps = "\n".join(f"  {index}: {json.dumps(step)}" for index, step in enumerate(short.steps))
    return (
        f"seed {case.seed}, stance {case.stance}, start {case.start}; {len(short.steps)} steps are enough:\n{steps}\n"
        f"{found}\n{case.policy}"
    )
