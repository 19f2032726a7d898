"""Five providers' pages as policies: what their sentences promise, on traffic. Each test names its stance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

import sluice

POLICIES = Path(__file__).resolve().parent.parent.parent / "policies"
SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOON = int(datetime(2025, 1, 15, 12, tzinfo=timezone.utc).timestamp()) * SECOND

Make = Callable[..., sluice.Engine]


def provider(engine_of: Make, name: str, stance: str = "enforce", now: int = NOON) -> sluice.Engine:
    return engine_of(POLICIES / f"{name}.jsonc", now=now, stance=stance)


def at(engine: sluice.Engine, now: int) -> int:
    engine.set_clock(now)
    return now


# GoSendAPI


def test_enforce_gosendapi_remaining_and_reset_follow_the_aligned_second_at_100_requests_a_second(engine_of: Make) -> None:
    engine = provider(engine_of, "gosendapi", now=NOON + 300_000_000)
    request = engine.operation("api.request")
    for second in range(3):
        for n in range(100):
            now = NOON + second * SECOND + 300_000_000 + n * 5_000_000
            decision = request("acme", "gsk_live_1", now=at(engine, now))
            assert decision and decision.limit_name == "requests_second"
            assert decision.remaining == 99 - n
            assert decision.resets_at == NOON + (second + 1) * SECOND
        refused = request("acme", "gsk_live_1", now=at(engine, NOON + second * SECOND + 999_999_999))
        assert (refused.denial, refused.retry_after, refused.retry_after_seconds) == ("rate", 1, 1)


def test_enforce_gosendapi_the_1001st_new_recipient_of_tier_1_waits_for_the_oldest_slot(engine_of: Make) -> None:
    engine = provider(engine_of, "gosendapi")
    send = engine.operation("messages.send.template")
    engine.set_plan("unlimited", line="+1")

    def to(recipient: str, now: int) -> sluice.Decision:
        return send("acme", "key", "waba-1", "+1", recipient, now=at(engine, now))

    for n in range(1000):
        assert to(f"+2{n}", NOON + n * 20_000_000)
    now = NOON + HOUR
    refused = to("+3", now)
    assert (refused.denial, refused.limit_name) == ("distinct", "conversations")
    assert refused.retry_after == NOON + DAY - now  # the first conversation's end
    assert to("+2500", now), "one who is in conversation passes"
    engine.decide("messages.received", account="acme", waba="waba-1", recipient="+3", now=now)
    assert to("+3", now), "one who wrote in passes"
    assert not to("+4", NOON + DAY - 1)
    assert to("+4", NOON + DAY)


def test_enforce_gosendapi_a_refused_conversation_costs_the_second_and_not_the_day(engine_of: Make) -> None:
    engine = provider(engine_of, "gosendapi")
    engine.set_amount("conversations", 1, waba="waba-1")
    values = {"account": "acme", "api_key": "key", "waba": "waba-1", "line": "+1"}
    assert engine.decide("messages.send.template", **values, recipient="+2")
    assert not engine.decide("messages.send.template", **values, recipient="+3")
    used = {row.limit_name: row.used for row in engine.usage_rows(api_key="key")}
    assert used == {"requests_second": 2, "requests_day": 1}


def test_enforce_gosendapi_throughput_queues_instead_of_refusing(engine_of: Make) -> None:
    engine = provider(engine_of, "gosendapi")
    send = engine.operation("messages.send.session")
    answers = [send("acme", "key", "waba", "+1", "+2", now=NOON) for _ in range(81)]
    assert all(answers[:80])
    assert (answers[80].outcome, answers[80].limit_name, answers[80].wait_kind) == ("would_queue", "throughput", "exact")
    assert answers[80].retry_after == SECOND // 80


# Texting Blue


def test_enforce_texting_blue_the_month_outranks_the_minute_and_is_denied_as_quota(engine_of: Make) -> None:
    engine = provider(engine_of, "texting_blue")
    send = engine.operation("messages.send")
    now = NOON
    for n in range(100):  # the free plan's month, 5 a minute
        now = NOON + (n // 5) * MINUTE
        assert send("acme", now=at(engine, now))
    refused = send("acme", now=now)  # both the minute and the month are used up
    assert (refused.denial, refused.limit_name) == ("quota", "month")
    february = int(datetime(2025, 2, 1, tzinfo=timezone.utc).timestamp()) * SECOND
    assert refused.retry_after == february - now


def test_enforce_texting_blue_named_seats_are_held_once_and_given_back(engine_of: Make) -> None:
    engine = provider(engine_of, "texting_blue")
    engine.set_plan("starter", account="acme")
    add, remove = engine.operation("phone_numbers.add"), engine.operation("phone_numbers.remove")
    assert add("acme", "+1") and add("acme", "+2")
    assert add("acme", "+1"), "holding a held number again is free"
    refused = add("acme", "+3")
    assert (refused.denial, refused.wait_kind, refused.retry_after) == ("gauge", "unknown", None)
    assert remove("acme", "+2") and add("acme", "+3")
    engine.set_plan("free", account="acme")
    assert engine.usage_rows(account="acme")[3].used == 2, "a downgrade revokes nothing"
    assert not add("acme", "+4")


# Send.dev


@pytest.mark.parametrize(("plan", "rate", "peak", "windows", "total"), [("starter", 10, 2, 10, 200), ("pro", 50, 3, 30, 4500)])
@pytest.mark.parametrize("how", ["bunched", "even", "late"])
def test_enforce_senddev_a_burst_from_idle_is_exact_and_then_the_rate_is(
    engine_of: Make, plan: str, rate: int, peak: int, windows: int, total: int, how: str
) -> None:
    engine = provider(engine_of, "senddev")
    engine.set_plan(plan, account="acme")
    deliver = engine.operation("email.deliver")
    tries = peak * rate + 7
    offset = {
        "bunched": lambda n: 0,
        "even": lambda n: n * SECOND // tries,
        "late": lambda n: SECOND - 1,
    }[how]
    passed = []
    for second in range(windows + 5):
        edge = NOON + second * SECOND
        passed.append(sum(deliver("acme", now=at(engine, edge + offset(n))).allowed for n in range(tries)))
    assert sum(passed[:windows]) == total
    assert passed[windows:] == [rate] * 5


def test_enforce_senddev_usage_has_the_shape_of_its_page(engine_of: Make) -> None:
    engine = provider(engine_of, "senddev")
    for _ in range(3):
        engine.decide("POST /v1/emails", account="acme", now=NOON + SECOND * 2)
        engine.decide("GET /v1/emails", account="acme", now=NOON + SECOND * 2)
    usage = engine.usage(account="acme", now=NOON + SECOND * 3)
    assert usage["period"] == "2025-01-15"
    assert usage["emails"] == {"sent": 1, "limit": 100, "remaining": 99}
    assert usage["api_requests"] == {"count": 6, "limit": None}


def test_enforce_senddev_a_batch_costs_ten_requests_and_its_emails_of_the_day(engine_of: Make) -> None:
    engine = provider(engine_of, "senddev")
    assert engine.decide("POST /v1/emails/batch", account="acme", quantities={"emails": 40})
    used = {row.limit_name: row.used for row in engine.usage_rows(account="acme")}
    assert (used["requests_minute"], used["emails_day"], used["emails_second"]) == (10, 40, 0)
    refused = engine.decide("POST /v1/emails/batch", account="acme", quantities={"emails": 61})
    assert (refused.denial, refused.limit_name) == ("quota", "emails_day")
    never = engine.decide("POST /v1/emails/batch", account="acme", quantities={"emails": 101})
    assert (never.denial, never.wait_kind, never.largest_cost, never.retry_after) == ("never", "never", 100, None)


# Linq


def linq(engine: sluice.Engine, now: int, recipient: str = "+2") -> sluice.Decision:
    return engine.operation("messages.send")("acme", "+1", recipient, now=at(engine, now))


def test_enforce_linq_30_pass_the_31st_waits_and_at_60_s_30_more_pass(engine_of: Make) -> None:
    engine = provider(engine_of, "linq")
    assert all(linq(engine, NOON + n * SECOND) for n in range(30))
    refused = linq(engine, NOON + 30 * SECOND)
    assert (refused.denial, refused.limit_name, refused.retry_after) == ("rate", "pair", 30 * SECOND)
    assert not linq(engine, NOON + 60 * SECOND - 1)
    assert [bool(linq(engine, NOON + 60 * SECOND)) for _ in range(31)] == [True] * 30 + [False]


def test_comply_linq_30_pass_the_31st_waits_and_then_one_per_expiry(engine_of: Make) -> None:
    engine = provider(engine_of, "linq", "comply")
    assert all(linq(engine, NOON + n * SECOND) for n in range(30))
    refused = linq(engine, NOON + 30 * SECOND)
    assert refused.retry_after == 31 * SECOND  # 60 s and a second for the network
    for n in range(30):
        assert not linq(engine, NOON + (61 + n) * SECOND - 1)
        assert linq(engine, NOON + (61 + n) * SECOND)
        assert not linq(engine, NOON + (61 + n) * SECOND)


def test_enforce_linq_a_group_message_goes_to_all_pairs_or_to_none(engine_of: Make) -> None:
    engine = provider(engine_of, "linq")
    assert all(linq(engine, NOON) for _ in range(30))
    refused = engine.decide("messages.send", account="acme", line="+1", recipient=["+3", "+2", "+4"], now=NOON, details=True)
    assert not refused and [row.subject for row in refused.details if row.denial] == [1]
    assert engine.usage_rows(line="+1", recipient="+3", now=NOON)[0].used == 0
    assert engine.usage_rows(line="+1", now=NOON)[0].used == 30


def test_enforce_linq_sandbox_is_100_a_day_until_midnight_utc(engine_of: Make) -> None:
    engine = provider(engine_of, "linq")
    engine.set_plan("sandbox", account="acme")
    assert all(linq(engine, NOON, f"+2{n}") for n in range(100))
    refused = linq(engine, NOON, "+3")
    assert (refused.denial, refused.limit_name, refused.retry_after) == ("quota", "sandbox_day", 12 * HOUR)
    assert linq(engine, NOON + 12 * HOUR, "+3")


def test_enforce_linq_what_comes_in_is_counted_and_never_refused(engine_of: Make) -> None:
    engine = provider(engine_of, "linq")
    engine.set_usage("line_day", 6999, line="+1")
    received = engine.operation("messages.received")
    assert received("acme", "+1", "+2") and received("acme", "+1", "+2")
    (row,) = engine.usage_rows(line="+1")
    assert (row.used, row.remaining, row.overage) == (7001, 0, 1)
    assert linq(engine, NOON, "+2"), "a recommendation refuses nothing"
    assert [event.percent for event in engine.events()] == [100]


def test_enforce_linq_capability_checks_close_for_as_long_as_the_provider_says(engine_of: Make) -> None:
    engine = provider(engine_of, "linq")
    check = engine.operation("capability.check")
    assert check("acme")
    engine.report_throttled("capability", 30 * SECOND, account="acme")
    refused = check("acme")
    assert (refused.denial, refused.retry_after) == ("upstream", 30 * SECOND)
    engine.report_throttled("capability", 10 * SECOND, account="acme")
    assert check("acme").retry_after == 30 * SECOND, "it only ever extends"
    engine.report_throttled("capability", 5 * HOUR, account="acme")
    assert check("acme").retry_after == HOUR, "and at most by `longest`"
    engine.clear_throttle("capability", account="acme")
    assert check("acme")


# Sendblue


def test_enforce_sendblue_2400_pass_in_a_month_with_one_event_each_at_1500_1800_and_2000(engine_of: Make) -> None:
    start = int(datetime(2025, 1, 1, tzinfo=timezone.utc).timestamp()) * SECOND
    engine = provider(engine_of, "sendblue", now=start)
    send = engine.operation("messages.send")
    fired = {}
    for n in range(1, 2401):
        day = (n - 1) // 1200  # at most 2,000 a day
        now = start + day * DAY + ((n - 1) % 1200) * SECOND
        assert send("acme", "+1", "+2", now=at(engine, now)), n
        fired.update({event.percent: (n, event.used, event.subject) for event in engine.events()})
    assert fired == {75: (1500, 1500, "account=acme"), 90: (1800, 1800, "account=acme"), 100: (2000, 2000, "account=acme")}
    refused = send("acme", "+1", "+2", now=at(engine, start + 2 * DAY))
    assert (refused.denial, refused.limit_name) == ("quota", "month")
    assert refused.retry_after == 29 * DAY


def test_enforce_sendblue_a_line_sends_one_a_second_and_the_rest_would_queue(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue")
    send = engine.operation("messages.send")
    assert send("acme", "+1", "+2", now=NOON)
    waits = send("acme", "+1", "+3", now=NOON)
    assert (waits.outcome, waits.wait_kind, waits.retry_after) == ("would_queue", "exact", SECOND)
    assert send("acme", "+2", "+3", now=NOON), "another line has its own second"
    assert engine.usage_rows(account="acme")[1].used == 2, "what would queue has taken nothing"


def test_enforce_sendblue_a_pooled_message_is_charged_as_one_from_a_number_of_ones_own(engine_of: Make) -> None:
    engine = provider(engine_of, "sendblue")
    own, pooled = engine.operation("messages.send"), engine.operation("messages.send.pooled")
    assert own("acme", "+1", "+2", now=NOON)
    waits = pooled("acme", "+1", "+3", now=NOON)
    assert (waits.outcome, waits.limit_name, waits.retry_after) == ("would_queue", "line_pace", SECOND)
    assert pooled("acme", "+2", "+3", now=NOON)
    assert engine.usage_rows(account="acme")[1].used == 2, "both count for one month"


def test_sendblues_pool_keeps_a_recipients_number_in_both_stances() -> None:
    for stance in ("enforce", "comply"):
        described = sluice.Policy.from_file(POLICIES / "sendblue.jsonc", stance=stance).description
        own, pooled = described["operations"]
        assert (own["pool"], pooled["pool"]) == (None, "shared")
        assert own["charges"] == pooled["charges"]
        [pool] = described["pools"]
        assert (pool["sticky"], pool["recipient"], pool["by"]) == (True, "recipient", [])
        assert (pool["on_full"], pool["on_suspend"], pool["forget_after"]) == ("wait", "move_new", None)


# All of them


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.jsonc")), ids=lambda path: path.stem)
def test_every_providers_policy_is_valid_in_every_stance(path: Path) -> None:
    for stance in sluice.Policy.from_file(path).stances:
        policy = sluice.Policy.from_file(path, stance=stance)
        assert [finding for finding in policy.findings if finding.severity == "error"] == []
        with sluice.Engine(policy) as engine:
            assert all(engine.operation(operation["name"]).values for operation in policy.description["operations"])
