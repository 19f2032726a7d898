"""Where output goes: tables and answers to stdout, notices and progress to stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click
from rich.console import Console

_WIDTH_OF_A_FILE = 120  # when nobody's terminal sets it


class Failure(click.ClickException):
    """Something is wrong with what was given: one message, and the exit code of usage and file errors."""

    exit_code = 2


def out() -> Console:
    return _console(sys.stdout)


def err() -> Console:
    return _console(sys.stderr)


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def notice(text: str) -> None:
    err().print(f"note: {text}", highlight=False, markup=False)


def _console(file: Any) -> Console:
    console = Console(file=file, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_A_FILE
    return console
