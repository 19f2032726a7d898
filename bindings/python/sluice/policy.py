"""A policy: the text of its rules, checked."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any, Union

from . import _native
from .errors import Finding, PolicyError
from .zones import zone_directory

PolicyText = Union[str, bytes]


class Policy:
    """A policy's text that has been found valid in one stance.

    `enforce` behaves exactly as the provider's server; `comply` is safe for a sender in front of it, under every reading
    of the provider's words. docs/policy-language.md is the language's reference.
    """

    text: str
    """The text as given; bytes that are not UTF-8 are shown as \\xXX."""
    encoded: bytes
    """The text's bytes: what the engine reads."""
    stance: str
    """The stance it was checked in: "enforce" or "comply"."""
    stances: tuple[str, ...]
    """The stances it has."""
    name: str
    findings: list[Finding]
    """Warnings and notes, in the order of the text; errors raise."""

    def __init__(self, text: PolicyText, *, stance: str = "enforce", zoneinfo_dir: str | os.PathLike[str] | None = None) -> None:
        """The same as from_text."""
        self._zoneinfo_dir = zone_directory(zoneinfo_dir)
        self.encoded = _encoded(text)
        self.text = text if isinstance(text, str) else self.encoded.decode("utf-8", "backslashreplace")
        self.stance = _checked_stance(stance)
        answer = self._check(stance)
        self.findings = _findings(answer)
        if not answer["ok"]:
            raise PolicyError(_words(self.findings, self.text), self.findings)
        self.name = answer["name"]
        self.stances = tuple(answer["stances"])

    @classmethod
    def from_text(
        cls, text: PolicyText, *, stance: str = "enforce", zoneinfo_dir: str | os.PathLike[str] | None = None
    ) -> Policy:
        """The policy of a text (str, or bytes of UTF-8): JSON with comments and trailing commas, at most 1 MiB.

        `zoneinfo_dir`: where the time zones are; None for TZDIR, else the system's, else the package tzdata's.
        Raises PolicyError with every finding, TypeError, InvalidRequest for an unknown stance.
        """
        return cls(text, stance=stance, zoneinfo_dir=zoneinfo_dir)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        stance: str = "enforce",
        zoneinfo_dir: str | os.PathLike[str] | None = None,
    ) -> Policy:
        """The policy of a file. Raises as from_text, and OSError."""
        return cls(Path(path).read_bytes(), stance=stance, zoneinfo_dir=zoneinfo_dir)

    def check(self, stance: str | None = None) -> list[Finding]:
        """Everything to be said about this text in a stance (None: its own), errors too; raises nothing for them."""
        return _findings(self._check(_checked_stance(stance or self.stance)))

    @cached_property
    def description(self) -> dict[str, Any]:
        """The policy resolved: dimensions, plans, limits with every plan's amounts, operations with charges.

        The shape is in docs/policy-description.md.
        """
        described: dict[str, Any] = json.loads(_native.policy_describe(self.encoded, self.stance, self._zoneinfo_dir))
        return described

    def _check(self, stance: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(_native.policy_check(self.encoded, stance, self._zoneinfo_dir))
        return answer

    def __repr__(self) -> str:
        return f"<Policy {self.name}, {self.stance}>"


def policy_of(
    policy: PolicyText | Policy | os.PathLike[str], stance: str | None, zoneinfo_dir: str | os.PathLike[str] | None
) -> Policy:
    """What Engine takes as a policy, as a Policy in the stance asked for (None: the policy's own, else "enforce")."""
    if isinstance(policy, Policy):
        same = stance in (None, policy.stance) and zoneinfo_dir is None
        return policy if same else Policy(policy.text, stance=stance or policy.stance, zoneinfo_dir=zoneinfo_dir)
    if isinstance(policy, os.PathLike):
        return Policy.from_file(policy, stance=stance or "enforce", zoneinfo_dir=zoneinfo_dir)
    return Policy(policy, stance=stance or "enforce", zoneinfo_dir=zoneinfo_dir)


def _encoded(text: object) -> bytes:
    if isinstance(text, bytes):
        return text
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")  # a lone surrogate is for the engine to point at
    raise TypeError(f"policy must be a text (str or bytes), a Policy or a path, not {type(text).__name__}")


def _checked_stance(stance: object) -> str:
    if not isinstance(stance, str):
        raise TypeError(f"stance must be str, not {type(stance).__name__}")
    return stance


def _findings(answer: dict[str, Any]) -> list[Finding]:
    return [Finding(f["severity"], f["line"], f["column"], f["path"], f["message"], f["excerpt"]) for f in answer["findings"]]


def _words(findings: list[Finding], text: str) -> str:
    errors = [finding for finding in findings if finding.severity == "error"]
    words = "\n".join(str(error) for error in errors)
    if "{" not in text and len(text) < 4096 and "\n" not in text:
        words += f"\nA text was given; for a file pass pathlib.Path({text!r})."
    return words
