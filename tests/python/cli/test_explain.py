"""`sluice explain`: who may do what, how often."""

from __future__ import annotations

from pathlib import Path

from cli.command_line import Run, Write


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_it_says_what_each_plan_may_do_and_what_happens_then(run: Run, policy: Path) -> None:
    lines = squeezed(run("explain", policy).out)
    assert "account: on one of free (default), pro, vip; billing cycle from day 1, 00:00 UTC unless set" in lines
    assert "send: takes account, line, recipient" in lines
    assert "everybody 3 messages in any 1 h per line and recipient 1 then refused (rate)" in lines
    assert "account: free (default) 2 messages per minute per account 1 then refused (rate)" in lines
    assert "account: pro 4 messages per minute per account 1 then refused (rate)" in lines
    assert "account: vip the agreed number of messages per minute per account as many as parts then refused (rate)" in lines
    assert "bulk: takes account; quantities: parts" in lines


def test_the_overlay_changes_what_it_says(run: Run, policy: Path) -> None:
    out = run("explain", policy, "--stance", "comply").out
    assert "2 messages in any 60 s per account, 1 s of margin" in out


def test_one_plan_can_be_asked_for_by_name_or_with_its_dimension(run: Run, policy: Path) -> None:
    for plan in ("pro", "account=pro"):
        out = run("explain", policy, "--plan", plan).out
        assert "account: pro" in out
        assert "account: free" not in out
        assert "3 messages in any 1 h" in out


def test_a_plan_that_is_not_there_names_those_that_are(run: Run, policy: Path) -> None:
    done = run("explain", policy, "--plan", "gold")
    assert done.code == 2
    assert "has no plan 'gold'; it has account: free, pro, vip" in done.err


def test_a_promotion_a_release_an_exemption_and_an_attempt_are_said(run: Run) -> None:
    gosendapi = run("explain", "gosendapi").out
    assert "tier_1 is promoted to tier_2 once 50% of conversations was in use within 7" in gosendapi
    assert "makes the recipient free for 24 h" in gosendapi
    assert "refused requests count too" in gosendapi
    assert "gives back a phone number per account" in run("explain", "texting_blue").out


QUEUED = """{
  "name": "queued", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue", "unit": "message" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "phone"], "pool": "shared", "class": "bulk",
      "charges": [ { "limit": "pace" } ] },
    { "name": "call", "values": ["account", "line"], "pool": "loose", "charges": [ { "limit": "pace" } ] }
  ],
  "queue": { "wait": "4h", "in_flight": 100, "retry": { "jitter": "10%", "attempts": 5 },
             "classes": [ { "class": "urgent", "delivery": "at most once", "ttl": "5min" },
                          { "class": "bulk", "hours": { "open": ["mon-fri 09:00-20:00"], "zone": "Europe/Paris",
                                                        "margin": "10min", "on_close": "expire" } } ],
             "weights": [ { "plan": "pro", "weight": 3 } ] },
  "pools": [ { "name": "shared", "recipient": "phone", "by": ["account"], "on_full": "spill", "return_home": true,
               "forget_after": "365 days", "new_recipients": 200 },
             { "name": "loose", "sticky": false, "on_suspend": "fail" } ],
  "comply": { "queue": { "wait": null, "floor": 0, "retry": { "attempts": null } },
              "pools": [ { "name": "shared", "on_full": "wait" } ] }
}"""


def test_it_says_how_messages_wait_and_by_which_line_they_go(run: Run, write: Write) -> None:
    queued = write("queued.jsonc", QUEUED)
    lines = squeezed(run("explain", queued).out)
    titles = " ".join(lines)  # they are folded to the width of their table
    assert "send: takes account, line, phone; can wait as bulk, by pool shared" in titles
    assert "call: takes account, line; can wait as transactional, by pool loose" in titles
    assert "taken in while the expected wait is at most 4 h" in lines
    assert "in flight at most 100 of a line" in lines
    assert "payload at most 65,536 bytes" in lines
    assert "tried again after 1 s, doubled up to 60 s and up to 10% more; given up after 5 leases" in lines
    assert "served urgent before reply before transactional before bulk; 1 of 20 goes to the next class that waits" in lines
    assert "class urgent delivered at most once, kept for 5 min" in lines
    assert "shared out free 1, pro 3" in lines
    assert any(line.startswith("shared account a phone keeps its line, until not used for 365 days, 200 new") for line in lines)
    assert "loose everybody any line each time goes by another line messages fail" in lines
    assert "class bulk leaves mon-fri 09:00-20:00 less 10 min in Europe/Paris, else expires" in lines
    comply = squeezed(run("explain", queued, "--stance", "comply").out)
    assert "taken in whatever the wait" in comply
    assert "tried again after 1 s, doubled up to 60 s and up to 10% more; never given up" in comply


def test_what_queues_and_pools_have_is_compared(run: Run, write: Write) -> None:
    queued = write("queued.jsonc", QUEUED)
    assert run("diff", queued, queued).code == 0
    changes = {c["what"]: c for c in run("diff", queued, queued, "--stance-b", "comply", "--json").json()["changes"]}
    assert set(changes) == {"queue", "pool shared"}
    assert "given up after 5 leases" in changes["queue"]["before"]
    assert "never given up" in changes["queue"]["after"]
    assert changes["pool shared"]["before"] == "goes by another line this once"
    assert changes["pool shared"]["after"] == "keeps to it: waits or is refused"


def test_nothing_is_said_of_queues_where_there_are_none(run: Run, policy: Path) -> None:
    assert "wait for their line" not in run("explain", policy).out
    assert "Pools" not in run("explain", policy).out


def test_the_json_is_the_description(run: Run, policy: Path) -> None:
    described = run("explain", policy, "--json").json()
    assert described["name"] == "small"
    assert [limit["name"] for limit in described["limits"]] == ["minute", "pair"]
