"""What holds for every policy and every traffic, on random ones. `SEEDS` in the environment asks for more of them."""

import os
from collections import Counter

import pytest

from random_cases import DAY, SECOND, Refused, case, play
from sluice_reference import Model

SEEDS = int(os.environ.get("SEEDS", "50"))
DERIVED = ("counted", "spent", "cycles", "events", "policy")
NOT_ASKED = ("receipt", "idempotency_key", "peek")


def cases(corners=False):
    for seed in range(SEEDS):
        it = case(seed, corners=corners)
        yield it, Model(it.policy, it.stance)


def facts(thing):
    """Everything a model knows, comparable."""
    if isinstance(thing, dict):
        return {repr(key): facts(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [facts(value) for value in thing]
    if hasattr(thing, "__dict__") and type(thing).__module__.startswith("sluice_reference"):
        return {name: facts(value) for name, value in vars(thing).items() if name not in DERIVED}
    return repr(thing)


def decisions(it, model):
    for turn in play(it, model):
        if turn.call == "decide" and not isinstance(turn.answers[0], Refused):
            yield turn, turn.answers[0], {name: value for name, value in turn.arguments.items() if name not in NOT_ASKED}


def outcome(model, asked, now):
    return model.decide(**asked, now=now, peek=True).outcome


@pytest.mark.parametrize("corners", [False, True])
def test_the_wait_is_tight(corners):
    """Sleep exactly retry_after and the same request passes; 1 ns less, or half as long, and it does not."""
    checked = 0
    for it, model in cases(corners):
        for turn, decision, asked in decisions(it, model):
            if any(event.kind == "promotion" for event in model.drain_events()):
                continue  # acts from the next decision on
            if decision.wait_kind == "exact":
                checked += 1
                assert decision.retry_after > 0
                assert outcome(model, asked, turn.now + decision.retry_after) == "allowed"
                assert outcome(model, asked, turn.now + decision.retry_after - 1) != "allowed"
                assert outcome(model, asked, turn.now + decision.retry_after // 2) != "allowed"
            elif decision.wait_kind in ("never", "unknown"):
                for later in (1, SECOND, 61 * SECOND, DAY, 40 * DAY, 400 * DAY):
                    assert outcome(model, asked, turn.now + later) != "allowed"
    assert checked > SEEDS


def test_a_peek_changes_nothing_and_a_refusal_nothing_but_attempts():
    for it, model in cases():
        before = facts(model.records)
        for turn in play(it, model):
            after, answer = facts(model.records), turn.answers[0]
            if isinstance(answer, Refused) or turn.arguments.get("peek"):
                assert after == before
            elif any(event.kind == "promotion" for event in model.drain_events()):
                pass  # an attempt may climb a ladder, which changes the plan
            elif turn.call == "decide" and answer.outcome != "allowed":
                operation = model.policy.operations[turn.arguments["operation"]]
                attempts = [charge.limit.name for charge in operation.charges if charge.word == "attempt"]
                if not attempts or answer.outcome == "would_queue":
                    assert after == before
                changed = [key for key in after["histories"] if after["histories"][key] != before["histories"].get(key)]
                assert all(eval(key)[0] in attempts for key in changed)
            before = after


def test_the_details_add_up():
    for it, model in cases():
        for turn, decision, _ in decisions(it, model):
            for detail in decision.details:
                if detail.limit is not None:
                    assert 0 <= detail.remaining <= detail.limit
                assert detail.resets_at is None or detail.resets_at >= turn.now or decision.replayed
            if decision.outcome == "allowed":
                assert (decision.denial, decision.limit, decision.wait_kind, decision.retry_after) == (None, None, "none", None)
            else:
                assert decision.limit in {detail.limit_name for detail in decision.details}
                assert (decision.retry_after is not None) == (decision.wait_kind == "exact")
                assert (decision.largest_cost is not None) == (decision.wait_kind == "never")


def test_a_threshold_fires_once_a_period_unless_a_larger_amount_armed_it_again():
    for it, model in cases():
        fired, larger = Counter(), False
        for turn in play(it, model):
            larger = larger or turn.call in ("set_plan", "set_amount")
            for event in model.drain_events():
                larger = larger or event.kind == "promotion"
                if event.kind == "threshold" and not larger:
                    period = model.records.histories[event.limit, event.subject].period(event.at)
                    fired[event.limit, event.subject, period[0], event.percent] += 1
        assert set(fired.values()) <= {1}


def test_what_only_deny_charges_use_never_exceeds_its_limit():
    checked = 0
    for it, model in cases():
        charges = [charge for operation in model.policy.operations.values() for charge in operation.charges]
        free = {charge.limit.name for charge in charges if charge.mode != "deny" or charge.word in ("forced", "exempt")}
        for turn, decision, _ in decisions(it, model):
            if any(step["call"] in ("set_plan", "set_amount", "commit") for step in it.steps[: turn.index]):
                break
            for detail in decision.details:
                limit = model.policy.limits[detail.limit_name]
                if limit.kind in ("sliding", "distinct", "gauge") and limit.name not in free and detail.limit is not None:
                    checked += 1
                    assert detail.used <= detail.limit or any(event.kind == "promotion" for event in model.records.events)
    assert checked > SEEDS


def test_a_case_is_the_same_whenever_it_is_made_and_two_players_live_through_the_same_instants():
    for seed in range(20):
        one, two = case(seed), case(seed)
        assert one == two
        for turn in play(one, Model(one.policy, one.stance), Model(two.policy, two.stance)):
            assert turn.answers[0] == turn.answers[1]


def test_random_cases_reach_every_kind_of_answer():
    seen = Counter()
    for it, model in cases():
        for _, decision, _ in decisions(it, model):
            seen.update([decision.outcome, decision.denial, decision.wait_kind, decision.replayed])
    assert {"allowed", "denied", "would_queue", "exact", "never", "unknown", True} <= set(seen)
    assert {"never", "blocked", "quota", "rate", "gauge", "distinct", "upstream"} <= set(seen)
