"""The examples in README.md and docs/ are true: Python, C and C++ blocks compile and run, sessions print what they show.

The Python blocks of one page run in order and share their names, as a reader would type them. A C or C++
block with a `main` is built by pkg-config against the installed library and run; one without is a fragment
and must compile. A block that cannot run says why in a comment before it: `<!-- not run: needs a server -->`.

The `console` blocks of a page are one session of a shell in an empty folder: after each `$ ` command (its further lines
begin with `> `) stands all that it prints, where a line `...` stands for any lines.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]*-->\n+)?^```(?P<language>python|console|cpp|c)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
COMPILERS = {"c": ["gcc", "-std=c99", *STRICT], "cpp": ["g++", "-std=c++20", *STRICT]}
HEADERS = {"c": "#include <sluice/sluice.h>\n", "cpp": "#include <sluice/sluice.hpp>\n"}


TERMINAL = "110"  # columns


class Block(NamedTuple):
    page: str
    line: int
    language: str
    text: str


def blocks_of(page: str, text: str) -> list[Block]:
    """The runnable blocks of a page; the line is where the block's text begins."""
    return [
        Block(page, text.count("\n", 0, found.start("text")) + 1, found["language"], found["text"])
        for found in BLOCK.finditer(text)
        if not found["skip"]
    ]


class Command(NamedTuple):
    """A command of a session, and what the page says that it prints."""

    line: int
    text: str
    shown: list[str]


def commands_of(block: Block) -> list[Command]:
    commands: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if line.startswith("$ "):
            commands.append(Command(number, line[2:], []))
        elif line.startswith("> ") and not commands[-1].shown:
            commands[-1] = commands[-1]._replace(text=f"{commands[-1].text}\n{line[2:]}")
        else:
            commands[-1].shown.append(line)
    return commands


def is_shown(shown: list[str], printed: str) -> bool:
    """Whether these lines were printed; blanks at the ends of lines and of the text do not show."""
    pattern = "".join("(?:.*\n)*" if line == "..." else re.escape(line.rstrip()) + "\n" for line in shown)
    lines = "\n".join(line.rstrip() for line in printed.splitlines()).rstrip("\n")
    return re.fullmatch(pattern, lines and lines + "\n") is not None


def all_blocks() -> list[Block]:
    return [
        block
        for page in PAGES
        if page.is_file()
        for block in blocks_of(page.relative_to(ROOT).as_posix(), page.read_text("utf-8"))
    ]


BLOCKS = all_blocks()
PYTHON_PAGES = sorted({block.page for block in BLOCKS if block.language == "python"})
SESSION_PAGES = sorted({block.page for block in BLOCKS if block.language == "console"})
COMPILED = [block for block in BLOCKS if block.language in COMPILERS]


def run(command: list[str], cwd: Path) -> None:
    """Runs a command; its output is in the failure."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"


def pkg_config(*options: str) -> list[str]:
    return shlex.split(subprocess.check_output(["pkg-config", *options, "sluice"], text=True, env=os.environ))


def test_the_readme_has_an_example_that_runs() -> None:
    assert any(block.page == "README.md" for block in BLOCKS)


@pytest.mark.parametrize("page", PYTHON_PAGES)
def test_the_python_blocks_of_a_page_run_in_order(page: str, tmp_path: Path) -> None:
    # Blank lines keep the page's line numbers in a traceback.
    script = ""
    for block in BLOCKS:
        if block.page == page and block.language == "python":
            script += "\n" * (block.line - 1 - script.count("\n")) + block.text
    file = tmp_path / (Path(page).stem + ".py")
    file.write_text(script, "utf-8")
    run([sys.executable, "-W", "error", str(file)], cwd=ROOT)


@pytest.mark.parametrize("page", SESSION_PAGES)
def test_the_sessions_of_a_page_show_what_is_printed(page: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "COLUMNS": TERMINAL}
    status = 0  # what the next command finds in $?
    for block in BLOCKS:
        if block.page != page or block.language != "console":
            continue
        for command in commands_of(block):
            done = subprocess.run(
                ["sh", "-c", f"(exit {status})\n{command.text}"],
                cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
            )  # fmt: skip
            status = done.returncode
            assert is_shown(command.shown, done.stdout), f"{page}:{command.line}: $ {command.text}\n{done.stdout}"


@pytest.mark.parametrize("block", COMPILED, ids=[f"{block.page}:{block.line}" for block in COMPILED])
def test_a_compiled_block_builds_against_the_installed_library(block: Block, tmp_path: Path) -> None:
    source = tmp_path / f"block.{block.language}"
    compiler = COMPILERS[block.language]
    if re.search(r"\bmain\s*\(", block.text):
        source.write_text(block.text, "utf-8")
        program = tmp_path / "block"
        run([*compiler, str(source), "-o", str(program), *pkg_config("--cflags", "--libs")], cwd=ROOT)
        run([str(program)], cwd=ROOT)
    else:
        source.write_text(HEADERS[block.language] + block.text, "utf-8")
        run([*compiler, "-Wno-unused", "-fsyntax-only", str(source), *pkg_config("--cflags")], cwd=ROOT)


def test_a_marked_block_is_left_out_and_others_are_found() -> None:
    page = "a\n```python\nx = 1\n```\n<!-- not run: a reason -->\n```c\nno\n```\n```sh\nls\n```\n"
    assert blocks_of("page", page) == [Block("page", 3, "python", "x = 1\n")]


def test_a_session_is_read_as_commands_and_what_they_print() -> None:
    [block] = blocks_of("page", "```console\n$ cat <<END\n> a\n> END\na\n$ true\n```\n")
    assert commands_of(block) == [Command(2, "cat <<END\na\nEND", ["a"]), Command(6, "true", [])]


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        (["a", "b", "c"], True),
        (["a", "..."], True),
        (["...", "c"], True),
        (["a", "c"], False),
        (["a", "b"], False),
        (["a", "b", "..", "c"], False),
        ([], False),
    ],
)
def test_what_is_shown_is_all_that_is_printed(shown: list[str], same: bool) -> None:
    assert is_shown(shown, "a  \nb\nc\n\n") is same
