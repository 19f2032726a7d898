"""Every file in examples/python runs, is short, and prints what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples/python"
PRINTS = {
    "batch.py": ["240 go now, 60 wait", "60 denied by pair as rate"],
    "campaign.py": [
        "0 s: spring 0",
        "5 s: your code is 1234",
        "10 s: spring 1",
        "paused with 4 waiting",
        "105 s: spring 2",
        "aborted: 4 sent, 2 removed",
    ],
    "hello.py": ["30 allowed; rate by pair", "the same passes in 60 s"],
    "http_answers.py": [
        "HTTP 429",
        "Retry-After: 45",
        '"message":"Rate limited. Try again in 45 seconds.","retry_after":45,',
        'RateLimit: "pair";r=29;t=60, "line_day";r=6969;t=43185',
        '{"type":"about:blank","title":"Not Found","status":404}',
        'sluice_decisions_total{policy="linq",stance="enforce",result="denied"} 1',
    ],
    "message_queue.py": ["c1: 5 on the line", "1 s: b1 for bob", "2 s: c1 for carol", "6 s: c1 for carol", "7 s: a3 for acme"],
    "pool.py": ["ann: +1555000", "fresh", "suspended: 1 held for who knows it, 1 moved", "dave moves from", "1 line out of 3"],
    "plan.py": [
        "any line: 5 lines: 99% of the messages wait at most",
        "rule of thumb: 4 lines, by dividing 4/s by 1/s: UNSTABLE",
        "each recipient keeps its line: ",
        "1,000 messages finish in 3 min 19 s",
        "2,500 messages finish in 48 h 1 min, not in 8 min 19 s",
    ],
    "receipts.py": ["charged 4", "settled 3", "refunded 3", "replayed True 4"],
    "usage_events.py": [
        "account=acme has used 75% of 2000: 1500",
        "account=acme has used 100% of 2000: 2000",
        "2400 went out",
        "refused as quota until 2025-02-14T23:00:00+00:00",
        "'messages': {'sent': 2400, 'limit': 2000, 'remaining': 0, 'overage': 400}",
        "upgraded: 4799 left",
    ],
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs_is_short_and_prints_what_it_promises(path: Path) -> None:
    done = subprocess.run([sys.executable, "-W", "error", str(path)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for words in PRINTS[path.name]:
        assert words in done.stdout
    assert len(path.read_text("utf-8").splitlines()) < 60
