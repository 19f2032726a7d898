"""`sluice check`: everything there is to say about a policy's text, at once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from .. import Finding, _native  # pyright: ignore[reportPrivateUsage]
from .console import Failure, out, print_json
from .policies import STANCES, find_policy
from .tables import BAD, GOOD, SOME

_COLOURS = {"error": BAD, "warning": SOME, "note": "cyan"}


@click.command()
@click.argument("policies", metavar="POLICY...", nargs=-1, required=True)
@click.option("--stance", type=click.Choice([*STANCES, "both"]), default="both", show_default=True,
              help="Which reading to check; both: every one that the policy has.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="A JSON list, one object for each policy.")
@click.pass_context
def check(context: click.Context, policies: tuple[str, ...], stance: str, as_json: bool) -> None:
    """Says everything that is wrong with policies, every error at once.

    POLICY is a file, or the name of a policy that comes with Sluice.

    Exit code: 0 no errors (warnings and notes do not count), 1 errors in a policy, 2 wrong usage or no such file.
    """
    results = [(name, findings_of(find_policy(name), stance)) for name in policies]
    if as_json:
        print_json([_json(name, found) for name, found in results])
    else:
        for name, found in results:
            _print(out(), name, found)
    context.exit(1 if any(_has_errors(f) for _, found in results for f in found.values()) else 0)


def findings_of(path: Path, stance: str) -> dict[str, list[Finding]]:
    """The findings by stance."""
    try:
        text = path.read_bytes()
    except OSError as wrong:
        raise Failure(f"{path}: {wrong.strerror}") from None
    if stance != "both":
        return {stance: _findings(_answer(text, stance))}
    first = _answer(text, "enforce")
    others = [other for other in first["stances"] if other != "enforce"]
    return {"enforce": _findings(first), **{other: _findings(_answer(text, other)) for other in others}}


def _answer(text: bytes, stance: str) -> dict[str, Any]:
    """Unlike a Policy, it has the stances of a text with errors, too."""
    answer: dict[str, Any] = json.loads(_native.policy_check(text, stance, ""))
    return answer


def _findings(answer: dict[str, Any]) -> list[Finding]:
    return [Finding(**{field: found[field] for field in Finding._fields}) for found in answer["findings"]]


def _has_errors(findings: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _print(console: Console, name: str, found: dict[str, list[Finding]]) -> None:
    for stance, findings in found.items():
        new = [finding for finding in findings if stance == "enforce" or finding not in found.get("enforce", [])]
        verdict = Text("errors", BAD) if _has_errors(findings) else Text("ok", GOOD)
        console.print(Text.assemble(name, f", {stance}: ", verdict, _counts(findings)), soft_wrap=True)
        for finding in new:
            _print_finding(console, finding)
        if len(new) < len(findings):
            console.print(f"  (and what was said of enforce: {len(findings) - len(new)})")


def _print_finding(console: Console, finding: Finding) -> None:
    head, _, excerpt = str(finding).partition("\n")
    severity, _, message = head.partition(": ")
    text = Text.assemble((severity, _COLOURS.get(severity, "")), ": ", message, *(["\n", excerpt] if excerpt else []))
    console.print(text, soft_wrap=True)


def _counts(findings: list[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    words = [f"{number} {severity}{'s' if number > 1 else ''}" for severity, number in counts.items()]
    return f" ({', '.join(words)})" if words else ""


def _json(name: str, found: dict[str, list[Finding]]) -> dict[str, Any]:
    return {
        "policy": name,
        "ok": not any(map(_has_errors, found.values())),
        "stances": {
            stance: {"ok": not _has_errors(findings), "findings": [finding._asdict() for finding in findings]}
            for stance, findings in found.items()
        },
    }
