#!/usr/bin/env python3
"""Instructions for one decision, counted by callgrind: a figure that a busy machine does not shake.

    python3 bench/instructions.py                                          the table
    python3 bench/instructions.py --functions 15 single/sluice             and where they are spent
    python3 bench/instructions.py --build build/count --lines 30 single/sluice
    python3 bench/instructions.py --misses                                 and the cache lines that are fetched

`--misses` asks more keys than the cache holds that is simulated; what a prefetch brought counts where it is used.
`--lines` wants a build with line tables, which does not change the code:
`cmake --preset bench -B build/count -DCMAKE_CXX_FLAGS_RELEASE="-O3 -DNDEBUG -g"`. Needs nothing but Python and valgrind.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = 32_768
LIMITERS = ["sluice", "sluice-deny", "sluice-two-limits", "sluice-two-scopes", "core", "core-deny", "split", "split-deny"]
LIMITERS += ["fingerprint", "map"]
# Lines that neither cache had, of data read and written.
MISSES = {"DLmr", "DLmw"}
CACHES = ["--cache-sim=yes", "--I1=32768,8,64", "--D1=49152,12,64", "--LL=1048576,16,64"]
MANY_KEYS = 200_000
WORKLOADS = [f"{way}/{limiter}" for limiter in LIMITERS for way in ("single", "batch")]


class Profile:
    """What one run was seen to do: instructions per decision, by function and by line, and lines fetched from memory."""

    def __init__(self, lines: list[str], decisions: int) -> None:
        self.misses = 0.0
        self.functions: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self._names: dict[tuple[str, str], str] = {}
        self._read(lines, decisions)
        self.total = sum(self.functions.values())

    def _name(self, kind: str, text: str) -> str:
        """A name is spelled out once, "(3) name", and then only its number stands there."""
        match = re.match(r"\((\d+)\)(?: (.*))?$", text)
        if match is None:
            return text
        if match[2]:
            self._names[kind, match[1]] = match[2]
        return self._names[kind, match[1]]

    def _read(self, lines: list[str], decisions: int) -> None:
        function = file = ""
        line = 0
        events: list[str] = []
        called = False  # the next cost is what a call took, and counted where it was spent
        for text in lines:
            if not text:
                continue
            if text[0].isdigit() or text[0] in "+-*":
                position, *cost = text.split()
                line = line if position == "*" else int(position) + (line if position[0] in "+-" else 0)
                if cost and not called:
                    self.functions[function] += int(cost[0]) / decisions
                    self.lines[f"{file}:{line}"] += int(cost[0]) / decisions
                    self.misses += sum(int(n) for event, n in zip(events, cost) if event in MISSES) / decisions
                called = False
                continue
            if text.startswith("events:"):
                events = text.split()[1:]
            key, _, value = text.partition("=")
            if key == "fn":
                function = self._name("function", value)
            elif key in ("fl", "fi", "fe"):
                file = self._name("file", value)
            elif key == "cfn":
                self._name("function", value)
            elif key in ("cfi", "cfl"):
                self._name("file", value)
            elif key == "calls":
                called = True


def count(build: Path, workload: str, misses: bool = False) -> Profile:
    """Runs a workload of decide_count under callgrind. Raises CalledProcessError when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind"
        command = ["valgrind", "-q", "--tool=callgrind", "--toggle-collect=*_counted*", f"--callgrind-out-file={out}"]
        command += CACHES if misses else []
        command += [str(build / "bin" / "decide_count"), workload, str(DECISIONS)]
        command += [str(MANY_KEYS)] if misses else []
        subprocess.run(command, check=True, capture_output=True, text=True)
        return Profile(out.read_text().splitlines(), DECISIONS)


def count_all(build: Path, workloads: list[str], misses: bool = False) -> dict[str, Profile]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(workloads, pool.map(lambda workload: count(build, workload, misses), workloads)))


def table(totals: dict[str, float], what: str = "instructions per decision", digits: int = 0) -> str:
    """One row a limiter: a decision by itself, and one of 32."""
    rows = [f"{what:26}    single     batch"]
    for limiter in dict.fromkeys(workload.partition("/")[2] for workload in totals):
        cells = [totals.get(f"{way}/{limiter}") for way in ("single", "batch")]
        rows.append(f"  {limiter:24}" + "".join(f"{'' if cell is None else f'{cell:.{digits}f}':>10}" for cell in cells))
    return "\n".join(rows)


def short(name: str) -> str:
    """A function without its parameters, a file from the root on."""
    name = name.replace("(anonymous namespace)::", "").replace(f"{ROOT}/", "")
    return re.sub(r"\(.*", "", name)[:100]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="also the N functions that take most")
    parser.add_argument("--lines", type=int, default=0, metavar="N", help="also the N lines that take most")
    parser.add_argument("--misses", action="store_true", help="also the cache lines that are fetched: a minute more")
    parser.add_argument("workload", nargs="*", default=WORKLOADS)
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("instructions.py: no valgrind on this system", file=sys.stderr)
        return 1
    try:
        profiles = count_all(arguments.build, arguments.workload)
        cold = count_all(arguments.build, arguments.workload, misses=True) if arguments.misses else {}
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return 1
    print(table({workload: profile.total for workload, profile in profiles.items()}))
    if cold:
        print(
            "", table({workload: profile.misses for workload, profile in cold.items()}, "lines fetched per decision", 2), sep="\n"
        )
    for workload, profile in profiles.items():
        for spent, most in ((profile.functions, arguments.functions), (profile.lines, arguments.lines)):
            if most:
                print(f"\n{workload}")
            for name, instructions in spent.most_common(most):
                print(f"{instructions:10.1f}  {short(name)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
