"""A scenario, a capsule, a template or a recording of a stranger gives no order to the terminal and reaches no file."""

import json

import pytest
from program import run

CLIENTS = ["mcp1"]

TITLE = r'"a\e]0;P\a\e[2J\r\u009b31m\n::error file=x::injected"'
SCENARIO = f"""\
scenario: {TITLE}
spec: [T2]
tags: [flow]
skip: {TITLE}
steps:
  - aws: ListGateways
    label: {TITLE}
"""


def expect_harmless(done):
    told = done.stdout + done.stderr
    assert told
    for letter in "\x1b\x07\x7f\x9b\r":
        assert letter not in told, repr(told)
    assert not [line for line in told.split("\n") if line.lstrip().startswith("::error file=x")], told


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["run"], ["demo"], ["check"]])
def test_a_title_is_no_order(tmp_path, words):
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO.replace("skip", "about") if words == ["demo"] else SCENARIO)
    expect_harmless(run(*words, file, GITHUB_ACTIONS="true"))


def test_what_a_recording_says_is_no_order(tmp_path):
    odd = "x\x9b31m\x1b[2J\n::error file=x::injected"
    entry = {
        "startedDateTime": "2026-11-20T10:00:00Z",
        "request": {"method": "POST", "url": "http://127.0.0.1:4583/x\x1b[2J", "headers": [],
                    "postData": {"mimeType": "application/json", "text": json.dumps({"a": odd})}},
        "response": {"status": 404, "headers": [], "content": {}},
    }
    elsewhere = "https://x\x1b[2J\n::error file=x::injected/"
    strange = {**entry, "request": {"method": "GET", "url": elsewhere, "headers": []}}
    file = tmp_path / "r.har"
    file.write_text(json.dumps({"log": {"entries": [entry, strange]}}))
    expect_harmless(run("record", file, "--unchecked"))


def test_what_a_template_says_is_no_order(tmp_path):
    odd = "x\x1b[2J\n::error file=x::injected"
    file = tmp_path / "t.json"
    file.write_text(json.dumps({"Resources": {odd: {"Type": odd, "Properties": {odd: odd}}}}))
    expect_harmless(run("deploy", file, "--check"))


@pytest.mark.parametrize("sql", ["ATTACH '{}' AS x", "-- so\\nattach '{}' AS x", "VACUUM INTO '{}'"])
def test_a_question_opens_no_file(tmp_path, sql):
    file, made = tmp_path / "a.yaml", tmp_path / "made"
    said = sql.format(made)
    file.write_text(f'scenario: s\nspec: [T2]\nsteps:\n  - sql: "{said}"\n')
    done = run("check", file)
    assert done.returncode == 2 and "a.yaml:4:10" in done.stderr and "SELECT" in done.stderr
    file.write_text(f'scenario: s\nspec: [T2]\nwith: {{asked: "{said}"}}\nsteps:\n  - sql: "${{asked}}"\n')
    done = run("run", file)
    assert done.returncode in (3, 4) and "SELECT" in done.stdout
    assert not made.exists()
