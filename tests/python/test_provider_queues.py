"""Five providers' pages as queues: what their sentences say of waiting, message by message. Each test names its stance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

import sluice

POLICIES = Path(__file__).resolve().parent.parent.parent / "policies"
SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOON = int(datetime(2025, 1, 15, 12, tzinfo=timezone.utc).timestamp()) * SECOND
WATCHED = SECOND + SECOND // 10  # in comply a second is watched with a tenth of one for the network's jitter

Make = Callable[..., sluice.Engine]
both = pytest.mark.parametrize("stance", ["enforce", "comply"])


def provider(engine_of: Make, name: str, stance: str, now: int = NOON) -> sluice.Engine:
    return engine_of(POLICIES / f"{name}.jsonc", now=now, stance=stance)


def leaving(engine: sluice.Engine, until: int | None = None) -> Iterator[tuple[int, sluice.Lease]]:
    """What leaves and when, each at its due instant; with `until`, what leaves before it. Nothing leaves 1 ns earlier."""
    while (due := engine.next_due()) is not None and (until is None or due < until):
        if due > engine.clock():
            engine.set_clock(due - 1)
            assert engine.lease() == []
            engine.set_clock(due)
        leases = engine.lease(1000)
        assert leases or engine.next_due() != due
        engine.settle(leases)
        for lease in leases:
            yield engine.clock(), lease


def instants(engine: sluice.Engine, until: int | None = None, since: int = NOON) -> list[int]:
    """When messages leave, counted from noon."""
    return [at - since for at, _ in leaving(engine, until)]


def used(engine: sluice.Engine, **subject: str) -> dict[str, int]:
    return {row.limit_name: row.used for row in engine.usage_rows(**subject)}


# Sendblue


def text(engine: sluice.Engine, number: int = 0, *, line: str = "+1", account: str = "acme") -> sluice.Held:
    return engine.enqueue("messages.send", account=account, line=line, recipient=f"+2{number}", payload=str(number))


@both
def test_sendblue_60_at_once_leave_one_a_second_and_the_60th_after_59_s(engine_of: Make, stance: str) -> None:
    engine = provider(engine_of, "sendblue", stance)
    for number in range(60):
        assert text(engine, number)
    left = [(at - NOON, lease.payload) for at, lease in leaving(engine)]
    assert left == [(number * SECOND, str(number).encode()) for number in range(60)]


@both
def test_sendblue_4_numbers_send_4_a_second(engine_of: Make, stance: str) -> None:
    engine = provider(engine_of, "sendblue", stance)
    for number in range(60):
        assert text(engine, number, line=f"+{number % 4}")
    assert instants(engine) == [number // 4 * SECOND for number in range(60)]


@both
def test_sendblue_6000_are_held_and_the_6001st_is_denied_as_depth_and_has_cost_no_quota(engine_of: Make, stance: str) -> None:
    engine = provider(engine_of, "sendblue", stance)
    engine.set_plan("sapphire", account="acme")  # up to 7,200 a month: it is not the month that refuses
    assert all(text(engine, number) for number in range(6000))
    refused = text(engine)
    assert not refused
    assert (refused.decision.denial, refused.decision.limit_name, refused.decision.wait_kind) == ("depth", "queued", "bound")
    assert used(engine, account="acme")["month"] == used(engine, account="acme")["queued"] == 6000
    assert sum(event.percent == 100 for event in engine.events()) == 1
    assert instants(engine, until=NOON + SECOND) == [0], "one leaves, and there is room for one"
    assert text(engine, 6000)
    refused = text(engine)
    assert refused.decision.denial == "depth"
    assert refused.decision.retry_after == SECOND, "the next one leaves a second later"
    assert used(engine, account="acme")["month"] == 6001


@both
def test_sendblue_6000_waiting_leave_one_a_second_to_the_last(engine_of: Make, stance: str) -> None:
    engine = provider(engine_of, "sendblue", stance)
    engine.set_plan("dedicated", account="acme")
    assert all(text(engine, number) for number in range(6000))
    assert instants(engine) == [number * SECOND for number in range(6000)]


def test_enforce_sendblue_the_6000_are_the_accounts_over_all_its_numbers(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue", "enforce")
    for account in ("acme", "other"):
        engine.set_plan("dedicated", account=account)
    assert all(text(engine, number, line=f"+{number % 3}") for number in range(6000))
    refused = text(engine, line="+4")
    assert (refused.decision.denial, refused.decision.limit_name) == ("depth", "queued")
    assert text(engine, line="+1", account="other"), "another account has its own"
    assert used(engine, line="+1") == {"line_pace": 0}, "a number has no bound of its own"


def test_comply_sendblue_the_6000_may_be_the_numbers_too(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue", "comply")
    for account in ("acme", "other"):
        engine.set_plan("dedicated", account=account)
    assert all(text(engine, number, account=("acme", "other")[number % 2]) for number in range(6000))
    refused = text(engine)
    assert (refused.decision.denial, refused.decision.limit_name) == ("depth", "line_queued")
    assert used(engine, account="acme")["queued"] == 3000
    assert text(engine, line="+2"), "another number has its own"


@pytest.mark.parametrize(("plan", "throttle", "month"), [("blue", 2000, 2400), ("sapphire", 6000, 7200)])
def test_enforce_sendblue_over_the_days_throttle_a_message_waits_until_the_day_turns(
    engine_of: Make, plan: str, throttle: int, month: int
) -> None:
    morning = NOON - 12 * HOUR
    engine = provider(engine_of, "sendblue", "enforce", now=morning)
    engine.set_plan(plan, account="acme")
    left = Counter[int]()
    for number in range(month):  # 400 numbers, so that their pace is over long before the day is
        assert text(engine, number, line=f"+{number % 400}"), number
        if number % 400 == 399:
            left.update(at - morning for at, _ in leaving(engine, engine.clock() + MINUTE))
            engine.set_clock(engine.clock() + MINUTE)
    assert sum(left.values()) == throttle
    assert used(engine, account="acme") == {"day": throttle, "month": month, "queued": month - throttle}
    assert engine.next_due() == morning + DAY
    assert instants(engine, since=morning + DAY) == [number // 400 * SECOND for number in range(month - throttle)]
    assert not text(engine), "the month is used up"


@both
def test_sendblue_the_dedicated_plan_has_no_throttle_of_the_day(engine_of: Make, stance: str) -> None:
    engine = provider(engine_of, "sendblue", stance)
    engine.set_plan("dedicated", account="acme")
    for _ in range(2):
        assert all(text(engine, number, line=f"+{number % 400}") for number in range(6000))
        assert len(instants(engine)) == 6000
    assert used(engine, account="acme")["day"] == 12_000
    assert engine.clock() < NOON + MINUTE


def test_comply_sendblue_no_24_hours_hold_more_than_the_throttle(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue", "comply")
    engine.set_plan("blue", account="acme")
    for number in range(2400):
        assert text(engine, number, line=f"+{number % 400}")
    left = instants(engine)
    assert left[:2000] == [number // 400 * SECOND for number in range(2000)]
    slot = DAY // 100
    assert all(DAY <= at - left[number] <= DAY + slot + SECOND + SECOND for number, at in enumerate(left[2000:]))
    assert len(left) == 2400


def test_enforce_sendblue_a_message_refused_as_quota_is_not_held(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue", "enforce")
    assert all(text(engine, number) for number in range(2400))
    refused = text(engine)
    assert (refused.decision.denial, refused.decision.limit_name) == ("quota", "month")
    assert engine.counters().messages == used(engine, account="acme")["queued"] == 2400


def test_enforce_sendblue_a_faster_rate_of_a_number_is_kept_from_its_instant_on(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue", "enforce")
    engine.set_plan("dedicated", account="acme")
    assert all(text(engine, number) for number in range(600))
    assert instants(engine, until=NOON + 100 * SECOND + SECOND // 2) == [number * SECOND for number in range(101)]
    engine.set_clock(NOON + 100 * SECOND + SECOND // 2)
    engine.set_amount("line_pace", "10/s", line="+1")
    engine.set_amount("account_line_pace", "10/s", account="acme", line="+1")
    left = instants(engine)
    assert (left[0], left[-1]) == (100_550_000_000, 150_350_000_000)
    assert left == [100_550_000_000 + number * SECOND // 10 for number in range(499)]


def test_enforce_sendblue_both_paces_hold_whichever_is_slower(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue", "enforce")
    assert all(text(engine, number) for number in range(3))
    engine.set_amount("line_pace", "10/s", line="+1")
    assert instants(engine) == [0, SECOND, 2 * SECOND], "the account's second on that number still holds"


# GoSendAPI


KEY = {"account": "acme", "api_key": "key", "waba": "waba", "line": "+1"}
TIERS = [("standard", 80), ("medium", 200), ("high", 1000)]


def gosendapi(engine_of: Make, stance: str, *, tier: str = "standard", now: int = NOON) -> sluice.Engine:
    """A High Volume key: its 500 requests a second are more than most phones send."""
    engine = provider(engine_of, "gosendapi", stance, now)
    engine.set_plan("high_volume", api_key="key")
    engine.set_plan(tier, line="+1")
    return engine


def session(engine: sluice.Engine, number: int, **values: str) -> sluice.Held:
    given = {**KEY, "recipient": f"+2{number}", **values}
    return engine.enqueue("messages.send.session", values=given, payload=str(number))


def template(engine: sluice.Engine, number: int, **values: str) -> sluice.Held:
    given = {**KEY, "recipient": f"+2{number}", **values}
    return engine.enqueue("messages.send.template", values=given, payload=str(number))


@pytest.mark.parametrize(("tier", "rate"), TIERS)
def test_enforce_gosendapi_a_phone_sends_its_bucket_at_once_and_then_exactly_its_tiers_rate(
    engine_of: Make, tier: str, rate: int
) -> None:
    engine = gosendapi(engine_of, "enforce", tier=tier)
    engine.set_plan("enterprise", api_key="key")  # 3,000 requests at one instant
    for limit in ("requests_second", "requests_day"):
        engine.set_amount(limit, "unlimited", api_key="key")
    assert all(session(engine, number) for number in range(3 * rate))
    left = [(at - NOON, int(lease.payload)) for at, lease in leaving(engine)]
    step = SECOND // rate
    assert left == [(max(0, number - rate + 1) * step, number) for number in range(3 * rate)]


@pytest.mark.parametrize(("tier", "rate"), TIERS)
def test_comply_gosendapi_a_phone_sends_one_at_a_time_at_its_tiers_rate(engine_of: Make, tier: str, rate: int) -> None:
    engine = gosendapi(engine_of, "comply", tier=tier)
    engine.set_plan("enterprise", api_key="key")
    for limit in ("requests_second", "requests_day"):
        engine.set_amount(limit, "unlimited", api_key="key")
    assert all(session(engine, number) for number in range(3 * rate))
    step = SECOND // rate
    assert instants(engine) == [number * step for number in range(3 * rate)]


@both
def test_gosendapi_the_unlimited_tier_has_no_pace(engine_of: Make, stance: str) -> None:
    engine = gosendapi(engine_of, stance, tier="unlimited")
    assert all(session(engine, number) for number in range(500))
    assert instants(engine) == [0] * 500
    engine.set_clock(NOON + 2 * SECOND)
    engine.set_plan("standard", line="+1")
    assert all(session(engine, number) for number in range(100))
    assert len(instants(engine, until=NOON + 2 * SECOND + SECOND // 10)) < 100, "the standard tier has one"


def test_enforce_gosendapi_10000_wait_on_a_phone_and_the_10001st_is_denied_as_depth_with_nothing_charged(
    engine_of: Make,
) -> None:
    engine = gosendapi(engine_of, "enforce")
    received = engine.operation("messages.received")
    for number in range(10_000):
        if number % 500 == 0 and number:  # the key's next second
            engine.set_clock(engine.clock() + SECOND)
        assert received("acme", "waba", f"+2{number}")
        assert template(engine, number), number
    assert used(engine, line="+1")["queued"] == 10_000
    assert used(engine, waba="waba") == {"conversations": 0}, "all are in a conversation that they began"
    engine.set_clock(engine.clock() + SECOND)
    before = used(engine, api_key="key"), used(engine, line="+1"), used(engine, waba="waba")
    refused = template(engine, 0)
    assert not refused
    assert (refused.decision.denial, refused.decision.limit_name, refused.decision.wait_kind) == ("depth", "queued", "bound")
    assert used(engine, api_key="key") == {"requests_second": 1, "requests_day": 10_000}, "a request happened, and no more"
    assert (used(engine, line="+1"), used(engine, waba="waba")) == before[1:]
    assert template(engine, 0, line="+9"), "another phone has its own"
    engine.settle(engine.lease(1))
    assert template(engine, 0), "one has left, and there is room for one"
    assert template(engine, 0).decision.denial == "depth"


def test_comply_gosendapi_10000_wait_on_a_phone_and_the_10001st_is_denied_as_depth_with_nothing_charged(
    engine_of: Make,
) -> None:
    engine = gosendapi(engine_of, "comply")
    assert all(template(engine, number) for number in range(10_000))
    refused = template(engine, 0)
    assert (refused.decision.denial, refused.decision.limit_name) == ("depth", "queued")
    assert used(engine, api_key="key") == {"requests_second": 0, "requests_day": 0}, "what they count is counted as it leaves"
    assert used(engine, waba="waba") == {"conversations": 0}
    engine.settle(engine.lease(1))
    assert template(engine, 0)
    assert template(engine, 0).decision.denial == "depth"


def test_enforce_gosendapi_a_full_queue_of_the_standard_tier_is_empty_after_124_s(engine_of: Make) -> None:
    engine = gosendapi(engine_of, "enforce")
    engine.set_plan("enterprise", api_key="key")
    for limit in ("requests_second", "requests_day"):
        engine.set_amount(limit, "unlimited", api_key="key")
    assert all(session(engine, number) for number in range(10_000))
    assert instants(engine)[-1] == (10_000 - 80) * SECOND // 80


def test_comply_gosendapi_business_initiated_messages_wait_for_a_slot_and_service_conversations_pass(engine_of: Make) -> None:
    engine = gosendapi(engine_of, "comply", tier="unlimited")
    engine.set_amount("conversations", 3, waba="waba")
    assert all(template(engine, number) for number in range(5))
    assert [lease.payload for _, lease in leaving(engine, NOON + 1)] == [b"0", b"1", b"2"]
    engine.set_clock(NOON + HOUR)
    waiting = template(engine, 5)
    assert engine.lease() == []
    assert engine.status(waiting).state == "parked"
    engine.decide("messages.received", account="acme", waba="waba", recipient="+26")
    assert template(engine, 6) and session(engine, 7) and template(engine, 0)
    passed = sorted(lease.payload for _, lease in leaving(engine, NOON + DAY))
    assert passed == [b"0", b"6", b"7"], "one who wrote, a service conversation, and one who is in conversation"
    left = [(at - NOON, lease.payload) for at, lease in leaving(engine)]
    assert left == [(DAY, b"3"), (DAY, b"4"), (DAY, b"5")], "the first three slots open when they close, 24 hours later"
    engine.set_clock(NOON + HOUR + DAY - 1)
    assert template(engine, 6) and len(engine.lease()) == 1, "for 24 hours after the last message of one who wrote"
    engine.set_clock(NOON + HOUR + DAY)
    assert template(engine, 6) and engine.lease() == [], "and no longer"


def test_enforce_gosendapi_business_initiated_messages_over_the_cap_are_refused_and_not_held(engine_of: Make) -> None:
    engine = gosendapi(engine_of, "enforce", tier="unlimited")
    engine.set_amount("conversations", 3, waba="waba")
    assert [bool(template(engine, number)) for number in range(5)] == [True, True, True, False, False]
    refused = template(engine, 3)
    assert (refused.decision.denial, refused.decision.retry_after) == ("distinct", DAY)
    assert used(engine, line="+1")["queued"] == 3
    assert session(engine, 7)


def test_comply_gosendapi_a_messages_wait_for_a_slot_holds_nobody_else_on_its_phone(engine_of: Make) -> None:
    engine = gosendapi(engine_of, "comply")
    engine.set_amount("conversations", 1, waba="full")
    assert all(template(engine, number, waba="full") for number in range(3))
    assert all(template(engine, number) for number in range(10, 20))
    left = [(at - NOON, lease.payload) for at, lease in leaving(engine, NOON + MINUTE)]
    assert [payload for _, payload in left] == [b"0", *(str(number).encode() for number in range(10, 20))]
    assert [at for at, _ in left] == [number * SECOND // 80 for number in range(11)], "and takes none of its pace"


def test_comply_gosendapi_a_keys_second_holds_what_a_fast_phone_could_send(engine_of: Make) -> None:
    engine = gosendapi(engine_of, "comply", tier="unlimited")
    assert all(session(engine, number) for number in range(1500))
    left = instants(engine)
    assert left[:500] == [0] * 500
    for number, at in enumerate(left[500:]):
        assert WATCHED <= at - left[number] <= WATCHED + WATCHED // 100, "late by at most a slot"


def test_enforce_gosendapi_a_higher_tier_is_kept_from_its_instant_on(engine_of: Make) -> None:
    engine = gosendapi(engine_of, "enforce")
    engine.set_plan("enterprise", api_key="key")
    for limit in ("requests_second", "requests_day"):
        engine.set_amount(limit, "unlimited", api_key="key")
    assert all(session(engine, number) for number in range(400))
    assert len(instants(engine, until=NOON + SECOND)) == 80 + 79
    engine.set_clock(NOON + SECOND)
    engine.set_plan("medium", line="+1")
    left = instants(engine)
    assert left[0] == SECOND
    pace = [later - sooner for sooner, later in zip(left, left[1:]) if later > SECOND]
    assert set(pace) == {SECOND // 200}


# Send.dev


@pytest.mark.parametrize(("plan", "rate", "peak", "windows"), [("free", 1, 1, 0), ("starter", 10, 2, 10), ("pro", 50, 3, 30)])
def test_enforce_senddev_a_batchs_emails_leave_at_the_plans_rate_with_its_burst_from_idle(
    engine_of: Make, plan: str, rate: int, peak: int, windows: int
) -> None:
    engine = provider(engine_of, "senddev", "enforce")
    engine.set_plan(plan, account="acme")
    burst = peak * rate * windows
    batches = burst // 100 + 1
    accepted = 0
    for _ in range(batches):
        accepted += 100 * engine.decide("POST /v1/emails/batch", account="acme", quantities={"emails": 100}).allowed
    assert accepted == 100 * min(batches, {"free": 1, "starter": 30, "pro": 100}[plan])
    assert all(engine.enqueue("email.deliver", account="acme") for _ in range(accepted))
    seconds = Counter(at // SECOND for at in instants(engine))
    full = [peak * rate] * windows
    rest = accepted - sum(full)
    full += [rate] * (rest // rate)
    assert [seconds[second] for second in range(len(full))] == full
    assert sum(seconds.values()) == accepted


def test_enforce_senddev_each_email_of_a_batch_leaves_at_the_beginning_of_a_second(engine_of: Make) -> None:
    engine = provider(engine_of, "senddev", "enforce", now=NOON + SECOND // 4)
    assert engine.decide("POST /v1/emails/batch", account="acme", quantities={"emails": 5})
    assert all(engine.enqueue("email.deliver", account="acme") for _ in range(5))
    assert instants(engine) == [SECOND // 4, SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND]
    assert used(engine, account="acme")["emails_day"] == 5, "a delivery has paid for its day with its batch"


def test_comply_senddev_no_second_holds_more_emails_than_the_rate_and_none_of_the_burst(engine_of: Make) -> None:
    engine = provider(engine_of, "senddev", "comply")
    engine.set_plan("starter", account="acme")
    assert all(engine.enqueue("email.deliver", account="acme") for _ in range(100))
    left = instants(engine)
    assert left[:10] == [0] * 10
    for number, at in enumerate(left[10:]):
        assert WATCHED <= at - left[number] <= WATCHED + WATCHED // 100, "late by at most a slot"


def test_enforce_senddev_a_higher_plan_takes_effect_immediately_on_what_waits(engine_of: Make) -> None:
    engine = provider(engine_of, "senddev", "enforce")
    assert all(engine.enqueue("email.deliver", account="acme") for _ in range(100))
    assert instants(engine, until=NOON + 10 * SECOND) == [number * SECOND for number in range(10)]
    engine.set_clock(NOON + 10 * SECOND)
    engine.set_plan("starter", account="acme")
    assert instants(engine, until=NOON + 15 * SECOND)[:10] == [10 * SECOND] * 10


# Those that do not queue


@pytest.mark.parametrize("name", ["linq", "texting_blue"])
@both
def test_a_provider_that_only_refuses_holds_nothing(engine_of: Make, name: str, stance: str) -> None:
    engine = provider(engine_of, name, stance)
    send = engine.operation("messages.send")
    with pytest.raises(sluice.InvalidRequest, match=r"cannot be queued|a queued message has one recipient"):
        send.enqueue(*(f"+{position}" for position, _ in enumerate(send.values)))
    assert engine.next_due() is None


@both
def test_senddev_a_single_email_is_refused_and_not_held(engine_of: Make, stance: str) -> None:
    engine = provider(engine_of, "senddev", stance)
    with pytest.raises(sluice.InvalidRequest, match="cannot be queued"):
        engine.enqueue("POST /v1/emails", account="acme")
