"""The policy that an argument means: a file, or the name of one that comes with Sluice."""

from __future__ import annotations

from pathlib import Path

import click

import sluice
from sluice import Policy, PolicyError

from .console import Failure
from .description import Description, description_of

STANCES = ("enforce", "comply")
stance_option = click.option(
    "--stance",
    type=click.Choice(STANCES),
    default="enforce",
    show_default=True,
    help="enforce: as the provider's server does. comply: what a sender keeps to be safe.",
)


def bundled() -> dict[str, Path]:
    """The policies that come with Sluice, by name."""
    folder = Path(sluice.__file__).parent / "policies"
    return {path.stem: path for path in sorted(folder.glob("*.jsonc"))}


def find_policy(argument: str) -> Path:
    path = Path(argument)
    if path.is_file():
        return path
    known = bundled()
    if argument in known:
        return known[argument]
    if path.is_dir():
        raise Failure(f"{argument} is a folder; a policy is one file")
    names = f"; policies that come with Sluice: {', '.join(known)}" if known else ""
    raise Failure(f"there is no file {argument}{names}")


def load(argument: str, stance: str) -> Policy:
    """A valid policy, or a failure that lists every finding."""
    path = find_policy(argument)
    try:
        return Policy.from_file(path, stance=stance)
    except PolicyError as wrong:
        raise Failure(f"{path} cannot be used ({stance}):\n{wrong}") from None
    except OSError as wrong:
        raise Failure(f"{path}: {wrong.strerror}") from None


def describe(policy: Policy) -> Description:
    return description_of(policy.description)
