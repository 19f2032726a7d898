"""`sluice demo`: made-up traffic under the policies that come with Sluice, in both stances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import click
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from . import traffic
from .console import Failure, err, out
from .decide import operation_of
from .instants import SECOND, instant
from .policies import STANCES, bundled, describe, load
from .rush import SIZES, print_rushes, rush
from .simulate.clock import compress
from .simulate.printing import peak
from .simulate.scenario import Scenario, Stream
from .simulate.summary import Summary
from .simulate.traffic_log import Message
from .tables import row, share, table


@dataclass(frozen=True)
class Act:
    """How one policy meets the traffic: who is the account, on which plan, and what to look for."""

    policy: str
    operation: str
    values: tuple[str, ...]  # in the operation's order: "src" and "dst" are the message's, all else is constant
    story: str
    plans: dict[str, str] = field(default_factory=dict[str, str])
    faster: int = 1


ACTS = (
    Act("sendblue", "messages.send", ("campus", "src", "dst"), plans={"account": "sapphire"}, story=(
        "The campus is one Sapphire account, every person a number. Two messages of a number in one second wait for each "
        "other. The month's 6,000 bring notices on the way and may be exceeded up to 120%: then enforce refuses, as the "
        "provider would; comply, which counts any 31 days, holds the message back instead.")),
    Act("texting_blue", "messages.send", ("campus",), plans={"account": "pro"}, story=(
        "The campus is one Pro account: 60 messages a minute, 10,000 a month. The busy month runs out of quota, and quota "
        "outranks rate: to wait a minute would not help. comply counts any 31 days and ends up with less.")),
    Act("linq", "messages.send", ("campus", "src", "dst"), faster=100, story=(
        "The half year is replayed in two days, so that talkative pairs meet their 30 messages in 60 seconds. enforce "
        "starts a pair's 60 seconds with its first message; comply allows no 61 seconds with more, wherever they begin.")),
    Act("gosendapi", "messages.send.template", ("campus", "key", "waba", "src", "dst"), plans={"api_key": "sandbox"}, story=(
        "A sandbox key sends for everybody: 10 requests a second, 1,000 a day. enforce refuses what is above; comply, "
        "a sender that must not be refused, holds it back, and counts any 24 hours.")),
    Act("senddev", "POST /v1/emails", ("campus",), plans={"account": "free"}, story=(
        "Every message is an email of one Free account: one a second, 100 a day. Both stances agree on the day, which "
        "ends at midnight UTC; they differ in the second.")),
)  # fmt: skip


@click.command()
@click.option("--seed", default=2004, show_default=True, help="Another seed, another half year.")
def demo(seed: int) -> None:
    """Replays half a year of made-up messages under five providers' limits, in both stances.

    The traffic has the shape of a private message network: 59,000 messages between 1,900 people. The same seed shows the
    same result. Then messages come all at once, and a queue lets them leave at its pace.
    """
    missing = [act.policy for act in ACTS if act.policy not in bundled()]
    if missing:
        raise Failure(f"this installation has no policy {', '.join(missing)}")
    messages = traffic.messages(seed)
    _introduce(messages)
    results = [(act, [_play(act, stance, messages) for stance in STANCES]) for act in _watched(ACTS)]
    _print(results)


def _play(act: Act, stance: str, messages: list[traffic.Message]) -> Summary:
    policy = load(act.policy, stance)
    description = describe(policy)
    operation = operation_of(description, act.operation)
    first, last = messages[0].time * SECOND, messages[-1].time * SECOND
    stream = Stream(
        name="made-up traffic",
        mapping={},
        recorded=(first, last),
        replayed=(first, compress(last, first, act.faster)),
        compress=act.faster,
        messages=_stream(act, messages, first),
    )
    return Scenario(policy, description, operation, act.plans).run(stream)


def _stream(act: Act, messages: Iterable[traffic.Message], first: int) -> Iterator[Message]:
    for number, message in enumerate(messages, start=1):
        own = {"src": message.src, "dst": message.dst}
        values = [own.get(value, value) for value in act.values]
        yield Message(compress(message.time * SECOND, first, act.faster), values, None, number)


def _introduce(messages: list[traffic.Message]) -> None:
    people = {person for message in messages for person in message[:2]}
    first, last = (instant(messages[end].time * SECOND)[:10] for end in (0, -1))
    out().print(f"{len(messages):,} made-up messages between {len(people):,} people, {first} to {last} UTC.\n")


def _print(results: list[tuple[Act, list[Summary]]]) -> None:
    console = out()
    columns = ["policy", "messages", "admitted", "not admitted", "tightest limit", "notices"]
    made = table("", columns, right=["messages"])
    for column in made.columns:
        column.no_wrap = True
    for act, summaries in results:
        row(made, [Text(act.policy, "bold")])
        for summary in summaries:
            row(made, _cells(summary))
        made.add_section()
    console.print(made)
    console.print("queue: it would have waited for its turn. notices: thresholds crossed, and how often.\n")
    for act, _ in results:
        plans = ", ".join(f"{dimension} on {plan}" for dimension, plan in act.plans.items())
        head = Text.assemble((act.policy, "bold"), f" ({', '.join(filter(None, (act.operation, plans, _speed(act))))})")
        console.print(head, Padding(act.story, (0, 0, 1, 2)), sep="\n")
    print_rushes(console, map(rush, SIZES))
    console.print("A policy as tables: sluice explain linq. Your own traffic: sluice simulate --help.")


def _cells(summary: Summary) -> list[str]:
    tightest = next(iter(summary.by_tightness()), None)
    refused = [f"{kind} {number:,}" for kind, number in sorted(summary.denied.items())]
    if summary.would_queue:
        refused.append(f"queue {summary.would_queue:,}")
    notices = "\n".join(f"{crossing.share / 100:g}% x{crossing.count}" for _, crossing in summary.crossings())
    return [
        f"  {summary.setting.stance}",
        f"{summary.messages:,}",
        f"{summary.admitted:,} {share(summary.admitted, summary.messages)}",
        "\n".join(refused),
        f"{tightest.name}\n{peak(tightest).partition(' (')[0]}" if tightest else "",
        notices,
    ]


def _speed(act: Act) -> str:
    return f"{act.faster:,} times faster" if act.faster > 1 else ""


def _watched(acts: tuple[Act, ...]) -> Iterator[Act]:
    console = err()
    if not console.is_terminal:
        yield from acts
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} of {task.total} policies"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("replaying", total=len(acts))
        for act in acts:
            progress.update(task, description=act.policy)
            yield act
            progress.advance(task)
