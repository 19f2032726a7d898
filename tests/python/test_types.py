"""The package's types are what strict checkers accept, and refuse what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import sluice

SAMPLE = Path(__file__).resolve().parent / "typed_sample.py"


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(sluice.__file__).parent / "py.typed").is_file()


def test_every_public_name_says_what_it_is() -> None:
    aliases = {
        "Amount",
        "Dialects",
        "Duration",
        "Instant",
        "LineState",
        "MessageClass",
        "OnSuspend",
        "Outcome",
        "PolicyText",
        "Share",
        "Value",
        "NEVER",
        "ON_RELEASE",
        "UNLIMITED",
        "__version__",
    }
    assert all(getattr(sluice, name).__doc__ for name in sluice.__all__ if name not in aliases)
    methods = [getattr(sluice.Engine, name) for name in dir(sluice.Engine) if not name.startswith("_")]
    assert all(method.__doc__ for method in methods)
    assert all(getattr(sluice.Decision, name).__doc__ for name in dir(sluice.Decision) if not name.startswith("_"))


def test_mypy_accepts_a_strict_sample(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "--cache-dir", str(tmp_path), str(SAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright_accepts_a_strict_sample(tmp_path: Path) -> None:
    sample = tmp_path / SAMPLE.name
    sample.write_text(SAMPLE.read_text("utf-8"), "utf-8")
    settings = {"typeCheckingMode": "strict", "include": [sample.name], "reportUnnecessaryTypeIgnoreComment": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
