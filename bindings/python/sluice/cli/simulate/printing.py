"""A summary on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..instants import instant, span
from ..tables import BAD, GOOD, SOME, row, share, table
from .pool_printing import print_pool
from .queue_printing import print_queue
from .queue_summary import EXPIRED, SENT
from .summary import ADMITTED, ENQUEUED, WOULD_QUEUE, LimitSummary, Setting, Summary

STILL_HELD = "still held at the end"


def print_summary(console: Console, summary: Summary) -> None:
    setting = summary.setting
    console.print(title(summary), style="bold", markup=False)
    for line in (period(setting), request(setting)):
        console.print(line, markup=False)
    console.print(_totals(summary))
    if summary.pool is not None:
        print_pool(console, summary, summary.pool)
    if summary.queue is not None:
        print_queue(console, summary, summary.queue)
    console.print(_limits(summary))


def title(summary: Summary) -> str:
    setting = summary.setting
    queued = "" if summary.queue is None else ", queued"
    return (
        f"{setting.policy}, {setting.stance}: {summary.messages:,} messages of {setting.traffic} as {setting.operation}{queued}"
    )


def period(setting: Setting) -> str:
    """`2004-04-15 14:56:01 to 2004-10-26 07:52:22 UTC (193 days 16 h), replayed 1,000 times faster: 4 h 38 min`."""
    first, last = setting.recorded
    text = f"{instant(first)} to {instant(last)} UTC ({span(last - first)})"
    if setting.compress == 1:
        return text
    return f"{text}, replayed {setting.compress:,} times faster: {span(setting.replayed[1] - setting.replayed[0])}"


def request(setting: Setting) -> str:
    """`account = "all", line = column src; plan of every account: free`."""
    sources = ", ".join(f"{name} = {source}" for name, source in setting.mapping.items())
    plans = ", ".join(f"{plan} for every {dimension}" for dimension, plan in setting.plans.items())
    return f"{sources}; plan {plans}" if plans else sources


def outcomes(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """What became of the messages: word, number, share."""
    whole = summary.messages
    yield summary.setting.taken, f"{summary.admitted:,}", share(summary.admitted, whole)
    if summary.setting.retry == "wait":
        longest = f" ({span(summary.longest_waited)} at most)" if summary.admitted_later else ""
        yield f"of those, after waiting{longest}", f"{summary.admitted_later:,}", share(summary.admitted_later, whole)
    for kind, number in sorted(summary.denied.items()):
        yield f"denied ({kind})", f"{number:,}", share(number, whole)
    if not summary.denied:
        yield "denied", "0", ""
    if summary.queue is not None:
        yield SENT, f"{summary.queue.sent:,}", share(summary.queue.sent, whole)
        yield EXPIRED, f"{summary.queue.expired:,}", share(summary.queue.expired, whole)
        yield STILL_HELD, f"{summary.queue.held:,}", share(summary.queue.held, whole)
        return
    yield WOULD_QUEUE, f"{summary.would_queue:,}", share(summary.would_queue, whole)
    if summary.setting.retry == "wait":
        yield "of those not admitted, waiting at the end", f"{summary.waiting_at_end:,}", share(summary.waiting_at_end, whole)


def peak(limit: LimitSummary) -> str:
    """`26 of 30 (87%)`."""
    if limit.peak is None:
        return "counts a queue: none here" if limit.queue_only else "never used"
    if limit.peak.amount is None:
        return f"{limit.peak.used:,}, unlimited"
    return f"{limit.peak.used:,} of {limit.peak.amount:,} ({share(limit.peak.used, limit.peak.amount)})"


def refusals(limit: LimitSummary) -> list[str]:
    """Each kind of no that named the limit, and how often it was full when another was named, or refuses nothing."""
    said = [f"{kind} {number:,}" for kind, number in sorted(limit.denials.items())]
    if limit.would_queue:
        said.append(f"{WOULD_QUEUE} {limit.would_queue:,}")
    if limit.closed > limit.refused():
        said.append(f"also full {limit.closed - limit.refused():,}")
    return said


def crossings(limit: LimitSummary) -> list[str]:
    """`75%: 12 times, first 2004-05-02 10:11:12`."""
    return [
        f"{crossing.share / 100:g}%: {times(crossing.count)} {instant(crossing.at)[:19]}"
        for _, crossing in sorted(limit.crossings.items())
    ]


def times(count: int) -> str:
    return "once," if count == 1 else f"{count:,} times, first"


def longest_wait(limit: LimitSummary) -> str:
    if limit.longest_wait:
        return span(limit.longest_wait)
    return "no end" if limit.endless else ""


def _totals(summary: Summary) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column()
    made.add_column(justify="right")
    made.add_column(justify="right")
    colours = {ADMITTED: GOOD, ENQUEUED: GOOD, SENT: GOOD, EXPIRED: BAD, STILL_HELD: SOME, WOULD_QUEUE: SOME}
    for word, number, part in outcomes(summary):
        colour = colours.get(word, BAD if word.startswith("denied (") else "")
        row(made, [Text(f"  {word}", colour if number != "0" else ""), number, part])
    return made


def _limits(summary: Summary) -> Table:
    made = table("", ["limit", "peak use, whose and when", "answers it refused", "thresholds", "longest wait"], lines=True)
    for limit in summary.limits:
        where = [limit.peak.subject, instant(limit.peak.at)[:19]] if limit.peak else []
        row(
            made,
            [
                Text.assemble((limit.name, "bold"), f"\n{limit.rule}"),
                "\n".join([peak(limit), *where]),
                Text("\n".join(refusals(limit)), BAD if limit.refused() else ""),
                "\n".join(crossings(limit)),
                longest_wait(limit),
            ],
        )
    return made
