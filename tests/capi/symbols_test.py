#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The names the library exports are those of capi/sluice.symbols, and those are the functions of sluice.h.

Usage: symbols_test.py LIBRARY
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTION = re.compile(r"^SLUICE_API\b[^;(]*?\b(sluice_\w+)\(", re.MULTILINE)


def exported(library: str) -> list[str]:
    """The names defined by a shared library, as the dynamic linker sees them."""
    run = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library], capture_output=True, text=True, check=True)
    symbols = [line.split()[:2] for line in run.stdout.splitlines()]
    # The version's own name is absolute (A) and no function.
    return sorted(name.split("@")[0] for name, kind in symbols if kind != "A")


def declared() -> list[str]:
    """The functions of the header."""
    return sorted(FUNCTION.findall((ROOT / "capi/include/sluice/sluice.h").read_text("utf-8")))


def differences(what: str, names: list[str], listed: list[str]) -> list[str]:
    """One line for each name that only one of the two has."""
    lines = [f"{what} has {name}, sluice.symbols does not" for name in names if name not in listed]
    return lines + [f"sluice.symbols has {name}, {what} does not" for name in listed if name not in names]


def main() -> int:
    listed = (ROOT / "capi/sluice.symbols").read_text("ascii").splitlines()
    faults = [] if listed == sorted(set(listed)) else ["sluice.symbols is not sorted, or repeats a name"]
    faults += differences("the header", declared(), listed)
    faults += differences("the library", exported(sys.argv[1]), listed)
    print("\n".join(faults) or f"{len(listed)} names")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
