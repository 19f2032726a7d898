"""The model's own tests: one sentence of the documentation each, worked out by hand. Virtual time only."""

import pytest

from reference_support import DAY, HOUR, NOON, RECIPIENTS, SECOND, admitted, go, limit, model, plans, to
from sluice_reference import KeyReused, PolicyError, RequestError, UnsetAmount, jsonc

# Decisions.


def test_advise_is_charged_passing_or_not_and_shadow_only_when_it_passes():
    day = {"period": "day", "amount": 1}
    it = model(limit("window", "a", mode="advise", **day), limit("window", "s", mode="shadow", **day))
    assert [detail.used for _ in range(3) for detail in go(it, NOON).details] == [1, 1, 2, 1, 3, 1]


def test_a_denial_names_the_highest_kind_and_waits_for_all():
    second, day = limit("window", "s", period="1s", amount=1), limit("window", "d", period="day", amount=1)
    it = model(second, day, limit("pace", amount="1/s"))
    go(it, NOON)
    assert (go(it, NOON).denial, go(it, NOON).limit, go(it, NOON).retry_after) == ("quota", "d", 12 * HOUR)
    it.set_amount("s", ["acme"], "blocked", NOON)
    refusal = go(it, NOON)
    assert (refusal.denial, refusal.limit, refusal.wait_kind, refusal.largest_cost) == ("blocked", "s", "never", 0)


def test_what_only_lacks_room_in_a_queue_takes_nothing_not_even_attempts():
    requests, pace = limit("window", "r", period="day", amount=9), limit("pace", amount="1/s", mode="queue")
    it = model(requests, pace, charges={"r": {"charge": "attempt"}})
    assert go(it, NOON).allowed
    waiting = go(it, NOON)
    assert (waiting.outcome, waiting.details[0].used) == ("would_queue", 1)


def test_each_record_keeps_its_own_newest_instant_and_the_wait_counts_from_the_callers_now():
    it = model(limit("pace", amount="1/min"), limit("window", "w", period="1s", amount=5))
    assert go(it, NOON + 10 * SECOND).allowed
    refusal = go(it, NOON)  # a clock ten seconds behind
    assert refusal.retry_after == 70 * SECOND
    assert refusal.details[1].resets_at == NOON + 11 * SECOND
    assert go(it, NOON, account="bolt").details[1].resets_at == NOON + SECOND


def test_a_replay_answers_as_the_first_time_and_takes_only_attempts():
    requests, sends = limit("window", "r", period="day", amount=9), limit("window", period="day", amount=2)
    it = model(requests, sends, charges={"r": {"charge": "attempt"}})
    first = go(it, NOON, idempotency_key="k")
    again = go(it, NOON + HOUR, idempotency_key="k")
    assert again.replayed and again.details == first.details
    assert [detail.used for detail in it.usage("account", "acme", NOON + HOUR)] == [2, 1]
    assert not go(it, NOON + HOUR, account="bolt", idempotency_key="k").replayed
    assert not go(it, NOON + DAY, idempotency_key="k").replayed


def test_the_same_key_for_another_request_is_an_error_and_a_refusal_does_not_burn_it():
    it = model(limit("distinct", period="60s", amount=1), charges={"it": {"of": "recipient"}}, **RECIPIENTS)
    assert go(it, NOON, **to("ann")).allowed
    assert not go(it, NOON, idempotency_key="k", **to("bob")).allowed
    assert go(it, NOON, idempotency_key="k", **to("ann")).allowed
    with pytest.raises(KeyReused):
        go(it, NOON, idempotency_key="k", **to("bob"))


# Amounts and policies.


def test_derived_amounts_follow_the_effective_amount_of_their_base():
    base = limit("window", "base", period="60s", amounts=[{"plan": "a", "amount": 25}, {"plan": "b", "unlimited": True}])
    it = model(base, limit("window", period="60s", of="base", times="1/10"), subjects=[plans("a", "b")])
    assert go(it, NOON).details[1].limit == 2
    it.set_amount("base", ["acme"], 40, NOON)
    assert it.usage("account", "acme", NOON)[1].limit == 4
    with pytest.raises(PolicyError, match="is 0"):
        it.set_amount("base", ["acme"], 9, NOON)
    assert it.usage("account", "acme", NOON)[1].limit == 4
    it.set_amount("base", ["acme"], None, NOON)
    it.set_plan("account", "acme", "b", NOON)
    assert it.usage("account", "acme", NOON)[1].limit is None


def test_a_custom_amount_must_be_set_and_zero_and_circles_are_errors():
    it = model(limit("window", period="day", custom=True))
    with pytest.raises(UnsetAmount):
        go(it, NOON)
    it.set_amount("it", ["acme"], 1, NOON)
    assert go(it, NOON).allowed
    for times in ("1/10", "1"):
        with pytest.raises(PolicyError):
            base = limit("window", "base", period="day", **({"amount": 5} if times == "1/10" else {"of": "it"}))
            model(base, limit("window", period="day", of="base", times=times))


def test_a_tier_is_promoted_once_its_share_was_used_and_its_quality_is_green():
    promotes = {"to": "two", "limit": "it", "at": "50%", "within": "7 days", "quality": "green"}
    amounts = [{"plan": "one", "amount": 4}, {"plan": "two", "amount": 40}]
    it = model(
        limit("window", period="day", amounts=amounts),
        subjects=[
            {"scope": ["account"], "plans": [{"name": "one", "promotes": promotes}, "two"], "default": "one"},
        ],
    )
    assert admitted(it, NOON) == 4 and it.drain_events() == []
    it.report_quality("account", "acme", "green", NOON + 7 * DAY)
    assert it.drain_events() == []  # too late
    go(it, NOON + 8 * DAY)
    assert go(it, NOON + 8 * DAY).details[0].limit == 4
    assert [(event.kind, event.plan_to) for event in it.drain_events()] == [("promotion", "two")]
    assert go(it, NOON + 8 * DAY).details[0].limit == 40


def test_the_text_of_a_policy_may_have_comments_and_trailing_commas_but_no_duplicates():
    text = '{"a": "// no /* comment, ]", /* x\n} */ "b": [1, 2, ], // end\n }'
    assert jsonc.read(text) == {"a": "// no /* comment, ]", "b": [1, 2]}
    for wrong in ('{"a": 1, "a": 2}', '{"a": 1.5}', "{", '{"a": NaN}'):
        with pytest.raises(PolicyError):
            jsonc.read(wrong)


def test_the_repeated_dimension_adds_costs_and_too_many_subjects_are_an_error():
    account = limit("window", period="day", amount=9)
    pair = limit("window", "pair", scope=("account", "recipient"), period="day", amount=999)
    it = model(account, pair, charges={name: {"each": "recipient"} for name in ("it", "pair")}, **RECIPIENTS)
    decision = go(it, NOON, **to("ann", "bob", "ann"))
    assert [detail.used for detail in decision.details] == [3, 2, 1]
    with pytest.raises(RequestError):
        go(it, NOON, **to(*map(str, range(128))))


def test_an_overlay_merges_by_name_a_field_replaces_and_null_removes():
    amounts = [{"plan": ["a", "b"], "amount": 10, "thresholds": [50]}, {"plan": "c", "unlimited": True}]
    overlay = {
        "limits": [
            limit("window", period="day", zone=None, amounts=[{"plan": "b", "amount": 5, "thresholds": None}], mode="advise"),
            limit("pace", "added", amount="1/s"),
        ]
    }
    base = limit("window", period="day", zone="Asia/Tokyo", amounts=amounts)
    enforce, comply = (
        model(base, subjects=[plans("a", "b", "c")], stance=stance, comply=overlay).policy for stance in ("enforce", "comply")
    )
    assert list(comply.limits) == ["it", "added"] and list(enforce.limits) == ["it"]
    limits = enforce.limits["it"], comply.limits["it"]
    assert [it.mode for it in limits] == ["deny", "advise"]
    assert [it.amounts["a"].number for it in limits] == [10, 10]
    assert [(it.amounts["b"].number, it.amounts["b"].thresholds) for it in limits] == [(10, (50,)), (5, ())]
    assert [it.amounts["c"].word for it in limits] == ["unlimited", "unlimited"]
    assert [it.cycle.next_edge(NOON) for it in limits] == [NOON + 3 * HOUR, NOON + 12 * HOUR]


def test_when_the_kind_changes_fields_the_new_kind_lacks_are_dropped():
    base = limit("window", period="day", zone="Asia/Tokyo", amount=10, ceiling="120%", thresholds=[50])
    it = model(base, stance="comply", comply={"limits": [{"name": "it", "kind": "sliding", "period": "24h"}]})
    assert it.policy.limits["it"].fields == limit("sliding", period="24h", amount=10)
    with pytest.raises(PolicyError):
        model(base, stance="comply")
