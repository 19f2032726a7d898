"""The entry point `sluice`, the extra it needs, and the page that documents it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_line import Run
from sluice.cli import traffic

PAGE = Path(__file__).resolve().parents[3] / "docs" / "simulate.md"
WITHOUT_CLICK = "import sys; sys.modules['click'] = None; from sluice.cli.main import main; main()"


def test_without_the_extra_it_says_in_one_line_how_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_CLICK], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "sluice: the command line is an extra of the package: pip install 'sluice[cli]'\n"


def test_it_runs_as_a_module_and_knows_its_version() -> None:
    done = subprocess.run([sys.executable, "-m", "sluice.cli", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"sluice, version \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("command", ["check", "explain", "diff", "decide", "simulate", "demo"])
def test_every_command_has_help(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: sluice {command}") or done.out.startswith("Usage: ")
    assert command in run("--help").out


def test_matplotlib_is_loaded_for_reports_only() -> None:
    script = "import sys; import sluice.cli.app; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def documented() -> list[str]:
    return re.findall(r"^sluice simulate .*$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_has_a_line_for_every_policy() -> None:
    assert {line.split()[2] for line in documented()} == {"sendblue", "texting_blue", "linq", "gosendapi", "senddev"}


@pytest.mark.parametrize("line", documented())
def test_a_documented_line_runs_in_both_stances(run: Run, line: str, tmp_path: Path) -> None:
    file = tmp_path / "messages.txt"
    file.write_text("src dst time\n" + "".join(f"{m.src} {m.dst} {m.time}\n" for m in traffic.messages()[:500]), "utf-8")
    arguments = [str(file) if word == "messages.txt" else word for word in shlex.split(line)[1:]]
    for stance in ("enforce", "comply"):
        done = run(*arguments, "--stance", stance)
        assert done.code == 0, done.err
        assert f"{stance}: 500 messages of messages.txt" in done.out
