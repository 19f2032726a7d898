"""The entry point `sluice`: it starts the commands, or says in one line what is missing for them."""

from __future__ import annotations

import sys

EXTRA = frozenset({"click", "rich", "matplotlib"})
HINT = "sluice: the command line is an extra of the package: pip install 'sluice[cli]'"


def main() -> None:
    try:
        from .app import app
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in EXTRA:
            raise
        sys.exit(HINT)
    app(prog_name="sluice")
