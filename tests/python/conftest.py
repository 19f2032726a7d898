"""What the tests of the Python package share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sluice

ROOT = Path(__file__).resolve().parent.parent.parent
for folder in ("tests/python", "tests/reference"):
    sys.path.insert(0, str(ROOT / folder))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=0, help="how many random cases the differential test plays (0: the short list)")
    parser.addoption("--first-seed", type=int, default=0, help="where --seeds begins")


@pytest.fixture
def engine_of() -> Iterator[Callable[..., sluice.Engine]]:
    """Makes engines on a manual clock and closes them when the test ends."""
    engines: list[sluice.Engine] = []

    def make(policy: Any, now: int = 1_700_000_000 * 10**9, **options: Any) -> sluice.Engine:
        engine = sluice.Engine(policy, clock="manual", now=now, **options)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()
