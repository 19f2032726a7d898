"""Running the command line in this process, and small files for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.command_line import POLICY, Outcome, Run, Write
from sluice.cli.app import app


@pytest.fixture
def run() -> Run:
    """Runs `sluice ARGUMENTS...` in this process; paths may be Path."""

    def call(*arguments: object) -> Outcome:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "small.jsonc"
    path.write_text(POLICY, "utf-8")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return file
