"""The engine against the slow reference model, on random policies and traffic: every field of every decision, how every limit
stands, usage and events.

`./dev test` plays the short list. The long form is `pytest tests/python/test_differential.py --seeds 100000`, on every
core with `-n auto`. A failure prints the seed and the fewest steps that still fail.
"""

from __future__ import annotations

import pytest

import random_cases
from differential import difference, report
from sluice_reference.sliding import Sliding

SHORT = 200  # cases of each sort
AT_ONCE = 25


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "first" in metafunc.fixturenames:
        first = metafunc.config.getoption("--first-seed")
        count = metafunc.config.getoption("--seeds") or SHORT
        metafunc.parametrize("first", range(first, first + count, AT_ONCE))


@pytest.mark.parametrize("corners", [False, True], ids=["settled", "corners"])
def test_the_engine_decides_as_the_model_does(first: int, corners: bool) -> None:
    for seed in range(first, first + AT_ONCE):
        case = random_cases.case(seed, corners=corners)
        assert difference(case) is None, report(case)


def test_a_model_that_is_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A control: where the model leaves a sliding limit one unit more, the two disagree, and a short case shows it."""
    room = Sliding.room
    monkeypatch.setattr(Sliding, "room", lambda self, at, amount: room(self, at, amount) + 1)
    case = next(case for case in map(random_cases.case, range(100)) if difference(case) is not None)
    found = report(case)
    assert f"seed {case.seed}, " in found and "sliding" in found
    assert int(found.split("; ")[1].split()[0]) <= 3, "it takes a step or two to see"
