#!/usr/bin/env python3
"""Runs the benchmarks, writes build/bench/results.json and prints what came out. README.md has the protocol.

python3 bench/run.py [--quick] [--build DIR]

Needs nothing but Python, and valgrind for the instruction counts.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import instructions

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = "sluice"
CORE = "core"  # the product's decision without its C ABI
OURS = [PRODUCT, CORE]
PEERS = ["split", "fingerprint", "map"]
# What a decision with more limits is held against: the product's own with one.
SIMPLER = {
    "single-two-limits": "single",
    "batch-two-limits": "batch",
    "single-two-scopes": "single",
    "batch-two-scopes": "batch",
}


@dataclass(frozen=True)
class Effort:
    sizes: tuple[int, ...]
    rounds: int  # processes, each with tables of its own
    repeats: int  # of every row in a process, in random order
    seconds: float  # of CPU time a repeat


QUICK = Effort(sizes=(1_000, 1_000_000), rounds=3, repeats=5, seconds=0.05)
FULL = Effort(sizes=(1_000, 1_000_000, 10_000_000), rounds=4, repeats=5, seconds=0.1)


@dataclass(frozen=True, order=True)
class Row:
    keys: int
    workload: str
    limiter: str


@dataclass
class Results:
    times: dict[Row, list[float]] = field(default_factory=lambda: defaultdict(list))  # ns a decision
    memory: dict[Row, float] = field(default_factory=dict)  # bytes a key
    instructions: dict[str, float] = field(default_factory=dict)  # a decision
    context: dict[str, object] = field(default_factory=dict)


def run_rows(program: Path, pattern: str, *options: str) -> tuple[dict, Iterator[tuple[Row, dict]]]:
    """Runs the rows that match; every repeat of every row, as Google Benchmark tells it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [str(program), f"--benchmark_filter={pattern}", f"--benchmark_out={out}", *options]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stderr}\nexit code {done.returncode}")
        told = json.loads(out.read_text())

    def rows() -> Iterator[tuple[Row, dict]]:
        for entry in told["benchmarks"]:
            if entry["run_type"] == "iteration":
                workload, limiter, keys = entry["run_name"].split("/")[:3]
                yield Row(int(keys), workload, limiter), entry

    return told["context"], rows()


def check_work(row: Row, entry: dict) -> None:
    """A limiter that answers wrong is not fast."""
    wanted = 0.0 if "deny" in row.workload else 1.0
    if abs(entry["allowed"] - wanted) > 0.01:
        sys.exit(f"{row}: {entry['allowed']:.3f} of the decisions were allowed, not {wanted}")


def measure_memory(program: Path, effort: Effort, results: Results) -> None:
    for keys in effort.sizes:
        if keys < 1_000_000:
            continue  # pages and locks would be all one sees
        for limiter in (PRODUCT, *PEERS):
            say(f"filling {limiter} with {keys:,} keys")
            _, rows = run_rows(program, f"^fill/{limiter}/{keys}/")
            for row, entry in rows:
                results.times[row].append(1e9 / entry["items_per_second"])
                results.memory[row] = entry["bytes_per_key"]


def measure_times(program: Path, effort: Effort, results: Results) -> None:
    options = [f"--benchmark_repetitions={effort.repeats}", f"--benchmark_min_time={effort.seconds}"]
    options += ["--benchmark_enable_random_interleaving=true"]
    for turn in range(effort.rounds):
        for keys in effort.sizes:
            say(f"round {turn + 1} of {effort.rounds}, {keys:,} keys")
            results.context, rows = run_rows(program, f"^(single|batch).*/{keys}$", *options)
            for row, entry in rows:
                check_work(row, entry)
                results.times[row].append(1e9 / entry["items_per_second"])


def measure_instructions(build: Path, results: Results) -> None:
    if shutil.which("valgrind") is None:
        say("no valgrind on this system: no instruction counts")
        return
    say("counting instructions")
    profiles = instructions.count_all(build, instructions.WORKLOADS)
    results.instructions = {workload: profile.total for workload, profile in profiles.items()}


def pairs(results: Results) -> Iterator[tuple[Row, Row]]:
    """Each of our rows with what it is held against."""
    for row in sorted(results.times):
        if row.limiter not in OURS:
            continue
        if row.workload in SIMPLER:
            yield row, Row(row.keys, SIMPLER[row.workload], PRODUCT)
            continue
        for peer in PEERS:
            other = Row(row.keys, row.workload, peer)
            if other in results.times:
                yield row, other


def ratios(results: Results) -> list[dict]:
    out = []
    for row, other in pairs(results):
        ours, theirs = results.times[row], results.times[other]
        peer = other.limiter if other.limiter != PRODUCT else f"{PRODUCT} {other.workload}"
        entry = {"product": row.limiter, "peer": peer, "workload": row.workload, "keys": row.keys}
        entry["ratio"] = round(median(ours) / median(theirs), 3)
        entry["ratio_of_least"] = round(min(ours) / min(theirs), 3)
        if row in results.memory:
            entry["ratio_of_bytes_per_key"] = round(results.memory[row] / results.memory[other], 3)
        out.append(entry)
    return out


def output_of(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def origin(build: Path) -> dict[str, str]:
    cache = dict(re.findall(r"^(\w+):\w+=(.*)$", (build / "CMakeCache.txt").read_text(), re.MULTILINE))
    return {
        "version": (ROOT / "VERSION").read_text().strip(),
        "commit": output_of("git", "rev-parse", "HEAD"),
        "compiler": output_of(cache["CMAKE_CXX_COMPILER"], "--version").partition("\n")[0],
        "flags": f"{cache['CMAKE_CXX_FLAGS']} {cache['CMAKE_CXX_FLAGS_RELEASE']}".strip(),
        "link_time_optimisation": cache["SLUICE_LTO"],
    }


def as_json(results: Results, effort: Effort, build: Path) -> dict:
    rows = []
    for row, samples in sorted(results.times.items()):
        entry = {"workload": row.workload, "limiter": row.limiter, "keys": row.keys}
        entry |= {"ns_median": round(median(samples), 2), "ns_least": round(min(samples), 2)}
        if row in results.memory:
            entry["bytes_per_key"] = round(results.memory[row], 1)
        rows.append(entry | {"ns": [round(sample, 2) for sample in samples]})
    context = {name: results.context.get(name) for name in ("num_cpus", "mhz_per_cpu", "caches")}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        **origin(build),
        "machine": {"architecture": platform.machine(), "system": platform.system(), **context},
        "load_average": os.getloadavg(),
        "protocol": {"rounds": effort.rounds, "repeats": effort.repeats, "seconds": effort.seconds},
        "rows": rows,
        "ratios": ratios(results),
        "instructions": {workload: round(total, 1) for workload, total in results.instructions.items()},
    }


def times_table(results: Results) -> str:
    others = {(row, other.limiter): other for row, other in pairs(results)}
    lines = ["ns of CPU time a decision, median (least); after a peer's, how many times its time the product takes", ""]
    lines += [f"{'workload':20}{'keys':>11}  {'ours':<26}" + "".join(f"{peer:<27}" for peer in PEERS).rstrip()]

    def cell(row: Row) -> str:
        samples = results.times[row]
        return f"{median(samples):.1f} ({min(samples):.1f})"

    for row in sorted(results.times):
        if row.limiter not in OURS:
            continue
        line = f"{row.workload:20}{row.keys:>11,}  {row.limiter:<7}{cell(row):<19}"
        for peer in (*PEERS, PRODUCT):
            other = others.get((row, peer))
            ratio = "" if other is None else f"x{median(results.times[row]) / median(results.times[other]):.2f}"
            if peer == PRODUCT:
                line += f"{ratio} of {other.workload}" if other is not None else ""
            elif row.workload not in SIMPLER:
                line += f"{'' if other is None else f'{cell(other)} {ratio}':<27}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def memory_table(results: Results) -> str:
    lines = ["resident bytes per key; after a peer's, how many times its bytes the product takes", ""]
    lines += [f"{'keys':>12}  {PRODUCT:<12}" + "".join(f"{peer:<20}" for peer in PEERS).rstrip()]
    for row in sorted(results.memory):
        if row.limiter != PRODUCT:
            continue
        ours = results.memory[row]
        line = f"{row.keys:>12,}  {ours:<12.1f}"
        for peer in PEERS:
            theirs = results.memory[Row(row.keys, row.workload, peer)]
            line += f"{f'{theirs:.1f} x{ours / theirs:.2f}':<20}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def say(what: str) -> None:
    print(f"==> {what}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a thousand and a million keys, fewer repeats: under 4 minutes")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="where the bench preset was built")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else FULL
    program = arguments.build / "bin" / "decide_bench"
    results = Results()
    measure_memory(program, effort, results)
    measure_times(program, effort, results)
    measure_instructions(arguments.build, results)
    out = arguments.build / "results.json"
    out.write_text(json.dumps(as_json(results, effort, arguments.build), indent=1) + "\n")
    print(times_table(results), memory_table(results), sep="\n\n")
    if results.instructions:
        print("", instructions.table(results.instructions), sep="\n")
    print(f"\nall of it: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
