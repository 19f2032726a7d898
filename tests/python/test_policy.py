"""Policies as objects: checked, described, and every finding at once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import sluice
from policies import MINUTE_OF_5, SENDING, limit, policy

WRONG = """{
  "name": "wrong", "tenant": "account",
  "limits": [
    { "name": "a", "scope": ["account"], "kind": "windw", "period": "60s", "amount": 5 },
    { "name": "b", "scope": ["account"], "kind": "window", "period": "60 sheep", "amount": 5 }
  ],
  "operations": [ { "name": "go", "values": ["account"], "charges": [ { "limit": "c" } ] } ]
}"""


def test_a_policy_knows_its_name_its_stances_and_what_it_says() -> None:
    made = sluice.Policy.from_text(SENDING)
    assert (made.name, made.stance, made.stances) == ("sending", "enforce", ("enforce",))
    assert [each["name"] for each in made.description["limits"]] == ["minute", "pair", "month"]
    assert made.description["operations"][0]["repeats"] == "recipient"
    assert repr(made) == "<Policy sending, enforce>"
    assert sluice.Policy.from_text(SENDING.encode()).name == "sending"


def test_a_policy_comes_from_a_file_or_a_text_or_itself(tmp_path: Path) -> None:
    path = tmp_path / "minute.jsonc"
    path.write_text("// a remark\n" + MINUTE_OF_5, "utf-8")
    for given in (path, MINUTE_OF_5, MINUTE_OF_5.encode(), sluice.Policy.from_file(str(path))):
        with sluice.Engine(given, clock="manual") as engine:
            assert engine.decide("go", account="acme").limit == 5
            assert engine.policy.name == "test"
    with pytest.raises(OSError):
        sluice.Engine(tmp_path / "none.jsonc")


def test_every_error_is_found_at_once_with_its_place() -> None:
    with pytest.raises(sluice.PolicyError) as raised:
        sluice.Policy.from_text(WRONG)
    findings = raised.value.findings
    assert [(finding.severity, finding.line) for finding in findings] == [("error", 4), ("error", 5), ("error", 7)]
    assert '"window"' in findings[0].message, "the nearest name is offered"
    assert findings[1].path == "limits[1].period" and "^" in findings[1].excerpt
    for finding in findings:
        assert str(finding) in str(raised.value)
    with pytest.raises(sluice.PolicyError) as again:
        sluice.Engine(WRONG)
    assert again.value.findings == findings


def test_check_says_what_there_is_to_say_without_raising() -> None:
    text = MINUTE_OF_5[:-1] + ', "comply": {"limits": [{"name": "it", "amount": 0}]}}'
    made = sluice.Policy.from_text(text)
    assert made.stances == ("enforce", "comply")
    assert made.check() == made.findings
    assert [finding.severity for finding in made.check("comply")] == ["error"]
    with pytest.raises(sluice.PolicyError):
        sluice.Policy.from_text(text, stance="comply")


def test_an_engine_takes_its_stance_from_the_policy_unless_told() -> None:
    text = MINUTE_OF_5[:-1] + ', "comply": {"limits": [{"name": "it", "amount": 3}]}}'
    comply = sluice.Policy.from_text(text, stance="comply")
    for stance, amount in ((None, 3), ("comply", 3), ("enforce", 5)):
        with sluice.Engine(comply, stance=stance, clock="manual") as engine:
            assert engine.decide("go", account="acme").limit == amount
    with sluice.Engine(text, clock="manual") as engine:
        assert engine.policy.stance == "enforce"


def test_an_unknown_stance_is_refused() -> None:
    for make in (sluice.Policy.from_text, sluice.Engine):
        with pytest.raises(sluice.SluiceError, match=r"stance|strict"):
            make(MINUTE_OF_5, stance="strict")
    with pytest.raises(TypeError, match="stance must be str, not int"):
        sluice.Policy.from_text(MINUTE_OF_5, stance=1)  # type: ignore[arg-type]


def test_a_policy_that_is_no_policy_is_refused_in_words() -> None:
    for wrong in (7, None, ["{"], {"name": "x"}):
        with pytest.raises(TypeError, match="policy must be a text"):
            sluice.Engine(wrong)  # type: ignore[arg-type]
    with pytest.raises(sluice.PolicyError, match=r"pathlib.Path\('linq.jsonc'\)"):
        sluice.Engine("linq.jsonc")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "null", "\x00", '{"name": 1}', "{" * 100, '{"a":' * 40 + "1" + "}" * 40, " " * (1 << 21), b"\xff\xfe"],
)
def test_malformed_and_hostile_texts_are_errors_with_findings(text: str | bytes) -> None:
    with pytest.raises(sluice.PolicyError) as raised:
        sluice.Policy.from_text(text)
    assert raised.value.findings and raised.value.status == "SLUICE_E_POLICY"


def test_a_zone_directory_of_ones_own_is_used(tmp_path: Path) -> None:
    text = policy(limit(period="day", amount=5, zone="Europe/Paris"))
    with pytest.raises(sluice.PolicyError, match="Europe/Paris"):
        sluice.Policy.from_text(text, zoneinfo_dir=tmp_path)
    assert sluice.Policy.from_text(text).check() == []


def test_without_the_systems_zones_they_are_those_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = policy(limit(period="day", amount=5, zone="Europe/Paris"))
    (tmp_path / "empty").mkdir()
    for nothing in ("empty", "missing"):
        monkeypatch.setenv("TZDIR", str(tmp_path / nothing))
        monkeypatch.setitem(sys.modules, "tzdata", None)
        with pytest.raises(sluice.PolicyError, match="Europe/Paris"):
            sluice.Policy.from_text(text)

        zone = tmp_path / "packages/tzdata/zoneinfo/Europe/Paris"
        zone.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/usr/share/zoneinfo/Europe/Paris", zone)
        (tmp_path / "packages/tzdata/__init__.py").touch()
        monkeypatch.delitem(sys.modules, "tzdata")
        monkeypatch.syspath_prepend(tmp_path / "packages")
        assert sluice.Policy.from_text(text).check() == []
        with sluice.Engine(text, clock="manual", now=0) as engine:
            engine.set_billing(1, zone="Europe/Paris", account="acme")
            engine.reload(text)


def test_zones_that_are_there_are_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "One").touch()
    monkeypatch.setenv("TZDIR", str(tmp_path))
    with pytest.raises(sluice.PolicyError, match="Europe/Paris"):
        sluice.Policy.from_text(policy(limit(period="day", amount=5, zone="Europe/Paris")))
