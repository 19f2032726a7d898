"""`sluice check`: every finding at once, and exit codes for scripts."""

from __future__ import annotations

from pathlib import Path

from cli.command_line import POLICY, Run, Write


def test_a_sound_policy_is_ok_in_every_stance_it_has(run: Run, policy: Path) -> None:
    done = run("check", policy)
    assert done.code == 0
    assert f"{policy}, enforce: ok" in done.out
    assert f"{policy}, comply: ok" in done.out


def test_every_error_is_said_at_once_with_a_caret(run: Run, write: Write) -> None:
    text = (
        POLICY.replace('"sliding"', '"slidign"')
        .replace('"60s", "unit"', '"60 parsecs", "unit"')
        .replace('"limit": "pair"', '"limit": "pear"')
    )
    done = run("check", write("bad.jsonc", text), "--stance", "enforce")
    assert done.code == 1
    for said in ('unknown kind "slidign"; did you mean "sliding"?', "parsecs", 'unknown limit "pear"'):
        assert said in done.out
    assert sum(line.strip() == "^" for line in done.out.splitlines()) == 3


def test_an_error_of_the_overlay_is_said_even_when_the_base_is_sound(run: Run, write: Write) -> None:
    done = run("check", write("bad.jsonc", POLICY.replace('"margin": "1s"', '"margin": "1 yard"')))
    assert done.code == 1
    assert "enforce: ok" in done.out
    assert "comply: errors" in done.out
    assert "yard" in done.out


def test_errors_of_base_and_overlay_are_said_together(run: Run, write: Write) -> None:
    text = POLICY.replace('"margin": "1s"', '"margin": "1 yard"').replace('"deny"', '"dany"').replace('"1h"', '"1 league"')
    done = run("check", write("bad.jsonc", text))
    assert "league" in done.out and "yard" in done.out


def test_a_note_does_not_fail_a_check(run: Run, policy: Path) -> None:
    done = run("check", policy)
    assert done.code == 0
    assert "note: " in done.out
    assert "is custom" in done.out


def test_the_json_is_a_list_with_every_finding(run: Run, policy: Path, write: Write) -> None:
    bad = write("bad.jsonc", '{ "name": "x", ')
    done = run("check", policy, bad, "--json")
    assert done.code == 1
    good, wrong = done.json()
    assert good["ok"] and set(good["stances"]) == {"enforce", "comply"}
    assert not wrong["ok"]
    finding = wrong["stances"]["enforce"]["findings"][0]
    assert finding["severity"] == "error"
    assert {"line", "column", "path", "message", "excerpt"} <= set(finding)


def test_a_file_that_is_not_there_is_a_usage_error_that_lists_the_policies_of_sluice(run: Run) -> None:
    done = run("check", "lonq")
    assert done.code == 2
    assert "there is no file lonq" in done.err
    assert "linq" in done.err
    assert done.out == ""


def test_the_policies_that_come_with_sluice_are_sound_by_name(run: Run) -> None:
    done = run("check", "sendblue", "texting_blue", "linq", "gosendapi", "senddev")
    assert done.code == 0
    assert done.out.count(": ok") == 10


def test_other_commands_refuse_a_policy_with_errors_and_show_them(run: Run, write: Write) -> None:
    done = run("explain", write("bad.jsonc", POLICY.replace('"deny"', '"dany"').replace('"sliding"', '"slidign"', 1)))
    assert done.code == 2
    assert "cannot be used (enforce)" in done.err
    assert "slidign" in done.err
