"""What a run leaves behind: reports of every kind, from one folder with a scenario that holds and one that does not."""

import json
import os
import re
import sqlite3
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import BINARY, ROOT
from program import run

CLIENTS = ["mcp1"]

HOLDS = """scenario: A gateway list is empty
spec: [T2]
matrix: {user: [alice, bob]}
steps:
  - sign-in: ${user}
  - aws: ListGateways
    expect: {body.items: []}
"""
FAILS = """scenario: 'Never <so> & "so", 100%'
spec: [T2]
secrets: {pin: hunter2-hunter2}
steps:
  - sign-in: alice
  - http: GET ${lab.github}/nowhere?pin=${pin}
    expect: {status: 200}
with: {other: nothing}
"""
SKIPPED = """scenario: Not yet
spec: [T2]
skip: "waits for #7"
steps:
  - aws: ListGateways
"""


@pytest.fixture
def folder(tmp_path):
    base = tmp_path / "cases"
    base.mkdir()
    for name, text in [("a-holds", HOLDS), ("b-fails", FAILS), ("c-skipped", SKIPPED)]:
        (base / f"{name}.yaml").write_text(text)
    return base


def test_every_report_tells_the_same_and_shows_no_secret(folder, tmp_path):
    files = {kind: tmp_path / f"report.{kind}" for kind in ["junit", "tap", "json", "html", "sqlite"]}
    flags = [flag for kind, path in files.items() if kind != "sqlite" for flag in (f"--report-{kind}", path)]
    summary = tmp_path / "summary.md"
    done = run(
        "run", folder, "--record", files["sqlite"], "--diagram", tmp_path / "pictures", *flags,
        GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary),
    )
    assert done.returncode == 4
    assert "4 scenarios, 2 held, 1 failed, 1 skipped" in done.stdout

    suite = ElementTree.parse(files["junit"]).getroot()
    assert suite.attrib["tests"] == "4" and suite.attrib["failures"] == "1" and suite.attrib["skipped"] == "1"
    assert [case.attrib["name"] for case in suite.iter("testcase")][:2] == [
        "A gateway list is empty [user=alice]", "A gateway list is empty [user=bob]"]
    tap = files["tap"].read_text()
    assert tap.startswith("TAP version 14\n1..4\n") and "ok 4 - " in tap and "# SKIP waits for" in tap
    told = json.loads(files["json"].read_text())
    assert told["summary"] == {"scenarios": 4, "held": 2, "failed": 1, "errors": 0, "skipped": 1}
    assert told["scenarios"][1]["matrix"] == {"user": "bob"}
    assert told["scenarios"][1]["command"].endswith("--seed 1 --var user=bob")

    page = files["html"].read_text()
    assert "<svg" in page and "<script" not in page and "&lt;so&gt;" in page and "decoded" in page and "token_use" in page
    assert 'src="http' not in page and 'href="http' not in page
    pictures = sorted(path.suffix for path in (tmp_path / "pictures").iterdir())
    assert pictures.count(".svg") == 4 and pictures.count(".mmd") == 4
    for picture in (tmp_path / "pictures").glob("*.svg"):
        ElementTree.parse(picture)
    diagram = next((tmp_path / "pictures").glob("*b-fails.mmd")).read_text()
    assert diagram.startswith("sequenceDiagram\n") and "->>" in diagram

    tables = sqlite3.connect(files["sqlite"])
    assert tables.execute("SELECT count(*) FROM scenario").fetchone() == (4,)
    assert tables.execute("SELECT status FROM exchange WHERE path = '/nowhere'").fetchall() == [(404,)]
    assert tables.execute("SELECT step.title FROM step JOIN scenario ON scenario = id WHERE cell = 'user=bob'").fetchall() == [
        ("sign-in: ${user}",), ("aws: ListGateways",)]

    annotation = next(line for line in done.stdout.splitlines() if line.startswith("::error "))
    assert "line=7,col=14" in annotation and "expected 200, got 404" in annotation
    assert "::notice " in done.stdout and "1 failed" in summary.read_text()
    everything = done.stdout + done.stderr + summary.read_text() + "".join(tables.iterdump())
    everything += "".join(path.read_text() for kind, path in files.items() if kind != "sqlite")
    everything += "".join(path.read_text() for path in (tmp_path / "pictures").iterdir())
    assert "hunter2" not in everything
    assert "eyJ" not in everything


def test_shards_are_merged_to_what_one_machine_tells(tmp_path):
    def report(*flags, name):
        path = tmp_path / name
        done = run("run", "scenarios/language", "--seeds", 3, "--report-json", path, *flags)
        assert done.returncode == 0, done.stdout[-2000:]
        return path

    whole = json.loads(report(name="whole.json").read_text())
    parts = [report("--shard", f"{number}/3", name=f"{number}.json") for number in (1, 2, 3)]
    sizes = [json.loads(part.read_text())["summary"]["scenarios"] for part in parts]
    assert sum(sizes) == whole["summary"]["scenarios"] and min(sizes) > 0
    done = run("report", "merge", *parts)
    assert done.returncode == 0, done.stderr
    merged = json.loads(done.stdout)

    # Cell after cell, seed after seed, as one machine has them, whatever the order of the shards.
    assert merged["scenarios"] == whole["scenarios"] and merged["summary"] == whole["summary"]
    turned = json.loads(run("report", "merge", *reversed(parts)).stdout)
    assert turned["scenarios"] == whole["scenarios"]
    missing = run("report", "merge", *parts[:2])
    assert missing.returncode == 3 and "shard 3/3" in missing.stderr
    twice = run("report", "merge", parts[0], parts[0])
    assert twice.returncode == 3 and " is in " in twice.stderr


def test_what_is_told_of_shards_is_what_one_machine_tells(folder, tmp_path):
    """Every report, with failures, cells, seeds and what is not run; only what is said of the run is another."""
    (folder / "cells.yaml").write_text(CELLS)
    summaries = {name: tmp_path / f"{name}.md" for name in ["whole", "merged", *"123"]}

    def report(name, *flags):
        files = [f for kind in ["json", "tap", "html"] for f in (f"--report-{kind}", tmp_path / f"{name}.{kind}")]
        files += ["--report-junit", tmp_path / f"{name}.xml", *flags]
        github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summaries[str(name)])}
        return run("run", folder, "--seeds", 2, *files, **github).stdout

    told = report("whole")
    assert "number=2, word=a] seed 2" in told and "expected: " in told and "::error " in told
    parts = []
    for number in (3, 1, 2):
        report(number, "--shard", f"{number}/3")
        parts.append(tmp_path / f"{number}.json")
    files = ["--report-junit", tmp_path / "merged.xml", "--report-tap", tmp_path / "merged.tap"]
    files += ["--report-html", tmp_path / "merged.html"]
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summaries["merged"])}
    done = run("report", "merge", *parts, "--output", tmp_path / "merged.json", *files, **github)
    assert done.returncode == 4 and done.stdout == told
    assert (tmp_path / "merged.tap").read_bytes() == (tmp_path / "whole.tap").read_bytes()
    assert summaries["merged"].read_bytes() == summaries["whole"].read_bytes()
    pages = [(tmp_path / f"{name}.html").read_text().split("</h1>\n") for name in ("whole", "merged")]
    (head, whole), (_, merged) = ((one, two.split("</p>\n", 1)) for one, two in pages)
    assert head == pages[1][0] and merged[1] == whole[1] and "<svg" in merged[1]
    assert "version 0." in whole[0] and "version 0." in merged[0] and "merged [" in merged[0]
    whole, merged = (re.sub(r' time="[^"]*"', "", (tmp_path / f"{name}.xml").read_text()) for name in ("whole", "merged"))
    assert merged == whole
    whole, merged = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("whole", "merged"))
    del whole["run"], merged["run"]
    assert json.dumps(merged) == json.dumps(whole)

    # Without --output the joined report alone is on stdout; annotations would spoil it.
    plain = run("report", "merge", *parts, **github)
    assert json.loads(plain.stdout)["scenarios"] == merged["scenarios"]
    # A run that made no page carries none.
    run("run", folder, "--report-json", tmp_path / "lean.json")
    lean = run("report", "merge", tmp_path / "lean.json", "--report-html", tmp_path / "no.html", "--output", tmp_path / "no.json")
    assert lean.returncode == 3 and "lean.json carries no pages; its run needs --report-html or --diagram too" in lean.stderr
    assert not (tmp_path / "no.html").exists() and not (tmp_path / "no.json").exists()


def test_paths_are_those_of_the_root_wherever_one_stands(tmp_path):
    path = tmp_path / "r.json"
    done = run("run", "scenarios/flow", "--root", ROOT, "--report-json", path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(path.read_text())
    run_facts = told.pop("run")
    assert run_facts["root"] == str(ROOT)
    assert str(ROOT) not in json.dumps(told)
    assert [row["path"] for row in told["scenarios"]] == ["scenarios/flow/method-1.yaml", "scenarios/flow/method-2.yaml"]


def test_the_last_line_repeats_the_run(folder, tmp_path):
    tap = tmp_path / "r.tap"
    done = run("run", folder / "b-fails.yaml", "--root", ROOT, "--var", "other=it's", "--seed", 5, "--report-tap", tap,
               cwd=tmp_path)
    assert done.returncode == 4
    command = done.stdout.rstrip().splitlines()[-1]
    assert command.startswith("agentcore-local run ")
    assert f"  - command: {json.dumps(command)}" in tap.read_text().splitlines()
    again = subprocess.run(
        ["sh", "-c", command.replace("agentcore-local", BINARY, 1)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert again.returncode == 4 and again.stdout == done.stdout


def test_baselines_go_stale(folder, tmp_path):
    baseline = tmp_path / "known.txt"
    shown = str(folder / "b-fails.yaml")
    baseline.write_text(f"{shown}  # issue 7\n")
    assert run("run", folder, "--expected-failures", baseline).returncode == 0
    baseline.write_text(f"{shown}\n{folder / 'a-holds.yaml'} [user=bob]\n")
    stale = run("run", folder, "--expected-failures", baseline)
    assert stale.returncode == 5 and "a-holds.yaml [user=bob] holds" in stale.stderr
    baseline.write_text(f"{shown}\nscenarios/no-such-file.yaml\n")
    gone = run("run", folder, "--expected-failures", baseline)
    assert gone.returncode == 5 and "is no scenario" in gone.stderr


def test_an_expected_failure_is_none_in_any_report(folder, tmp_path):
    def report(name, *flags):
        files = ["--report-json", tmp_path / f"{name}.json", "--report-tap", tmp_path / f"{name}.tap"]
        files += ["--report-junit", tmp_path / f"{name}.xml", "--report-html", tmp_path / f"{name}.html"]
        return run("run", folder, *files, "--expected-failures", baseline, *flags, GITHUB_ACTIONS="true")

    baseline = tmp_path / "known.txt"
    # From where one stands, from the root, absolute: one file.
    name = os.path.relpath(folder / "b-fails.yaml", ROOT)
    for line in (f"{folder}/./b-fails.yaml # issue 7", f"./{name}  # issue 7"):
        baseline.write_text(line + "\n")
        done = report("whole")
        assert done.returncode == 0 and "::error" not in done.stdout and "title=expected failure::" in done.stdout
        assert "EXPECTED " in done.stdout and "1 failed as expected" in done.stdout and "FAILED" not in done.stdout
    told = (tmp_path / "whole.tap").read_text()
    assert re.search(r"^not ok \d+ - .*b-fails.yaml: .* # TODO expected failure: issue 7$", told, re.M)
    suites = ElementTree.parse(tmp_path / "whole.xml").getroot()
    assert suites.get("failures") == "0" and suites.get("errors") == "0"
    (case,) = [case for case in suites.iter("testcase") if case.get("file").endswith("b-fails.yaml")]
    assert case.find("failure") is None
    assert case.find("skipped").get("message").startswith("expected failure: issue 7: ")
    whole = json.loads((tmp_path / "whole.json").read_text())
    assert whole["summary"]["failed"] == 0 and whole["summary"]["expectedFailures"] == 1
    (row,) = [row for row in whole["scenarios"] if "expectedFailure" in row]
    assert row["expectedFailure"] == "issue 7" and row["verdict"] == "failed"
    assert '<b class="v expected">expected</b>' in (tmp_path / "whole.html").read_text()
    # Each shard has the whole list, and the join is as green as they are.
    parts = []
    for number in (1, 2):
        assert report(number, "--shard", f"{number}/2").returncode == 0
        parts.append(tmp_path / f"{number}.json")
    files = ["--output", tmp_path / "merged.json", "--report-tap", tmp_path / "merged.tap"]
    done = run("report", "merge", *parts, *files, GITHUB_ACTIONS="true")
    assert done.returncode == 0 and "::error" not in done.stdout and "1 failed as expected" in done.stdout
    assert (tmp_path / "merged.tap").read_text() == told
    # What a line cannot mean is told; what was not asked for is not.
    for line, code in (
        (f"{folder / 'a-holds.yaml'} [user=nobody]", 5), (folder, 5), ("scenarios/flow/method-2.yaml", 0),
    ):
        baseline.write_text(f"{folder / 'b-fails.yaml'}\n{line}\n")
        done = report("other")
        assert done.returncode == code and ("is no scenario" in done.stderr) == (code == 5), done.stderr


def test_check_looks_at_what_a_scenario_rests_on(folder):
    path = folder / "a-holds.yaml"
    path.write_text(path.read_text().replace("[T2]", "[T2, TT2, RFC 7636]"))
    done = run("check", path)
    assert done.returncode == 2
    assert 'the ledger has no "TT2"' in done.stderr and 'the ledger has no "RFC 7636"' in done.stderr


CELLS = """scenario: Cells & their <numbers>
spec: [T2]
matrix: {number: [1, 2, 3], word: [a, "b c"]}
steps:
  - aws: ListGateways
    label: asks as ${word}
    expect: {status: {not: 200}, body.items: {length: "${number}"}}
"""


READS = """scenario: It reads of everything
spec: [T2]
environment: {TENANT: dev, KEY: }
secrets: {key: "${env.KEY}", pin: , word: open-sesame}
matrix: {number: [1, 2]}
steps:
  - http: POST ${lab.github}/${env.TENANT}
    label: knocks with ${word}
    json: {key: "${key}", pin: "${pin}", word: "${word}", number: "${number}"}
    expect: {status: 200}
"""


def test_a_capsule_is_replayed_elsewhere_without_its_secrets(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "reads.yaml").write_text(READS)
    flags = ["--root", ROOT, "--seed", 9]
    done = run("run", "reads.yaml", *flags, "--var", "pin=of-the-flag", "--capsule", there, cwd=here, TENANT="prod", KEY="of-env")
    assert done.returncode == 4
    # The command of a cell repeats it: its number stays a number.
    command = next(line for line in done.stdout.splitlines() if line.startswith("agentcore-local run") and "number=1" in line)
    assert "--var 'pin=…'" in command
    one = run("run", "reads.yaml", *flags, "--var", "number=1", "--var", "pin=x", cwd=here, TENANT="prod", KEY="of-env")
    assert '"number":1}' in one.stdout and "1 scenario" in one.stdout

    capsules = sorted(there.iterdir())
    assert len(capsules) == 2
    text = capsules[0].read_text()
    assert not any(part in text + done.stdout for part in ["of-the-flag", "of-env", "sesame"])
    (here / "reads.yaml").unlink()
    again = run("replay", capsules[0], "--root", ROOT, cwd=there)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "every byte as in the capsule" in again.stdout
    given = run("replay", capsules[0], "--root", ROOT, "--var", "pin=another-pin", cwd=there, KEY="another", TENANT="no matter")
    assert given.returncode == 0, given.stdout + given.stderr
    assert run("replay", capsules[0], "--root", ROOT, "--var", "other=1", cwd=there).returncode == 1


def test_explorations_on_several_machines_are_merged_to_one(tmp_path):
    def explored(name, *flags):
        done = run("explore", "--seeds", 12, "--report-json", tmp_path / name, *flags)
        assert done.returncode == 0, done.stdout + done.stderr
        return tmp_path / name

    whole = json.loads(explored("whole.json").read_text())
    parts = [explored(f"{number}.json", "--shard", f"{number}/3") for number in (1, 2, 3)]
    done = run("report", "merge", *parts)
    assert done.returncode == 0 and "0 findings" in done.stderr
    merged = json.loads(done.stdout)
    assert {name: merged[name] for name in whole} == whole
    missing = run("report", "merge", *parts[1:])
    assert missing.returncode == 3 and "shard 1/3" in missing.stderr
    paged = run("report", "merge", *parts, "--report-html", tmp_path / "no.html")
    assert paged.returncode == 1 and "--report-html: what explore found has no such report" in paged.stderr


def test_a_step_that_never_ends_ends_the_run_with_a_report(tmp_path):
    (tmp_path / "held.yaml").write_text("scenario: Held\nspec: [T2]\nsteps:\n  - aws: ListGateways\n")
    (tmp_path / "endless.yaml").write_text(
        "scenario: Endless\nspec: [T2]\nsteps:\n" + 5 * "  - aws: ListGateways\n" +
        # A pattern that tries every way of cutting a name into parts.
        f"  - aws: CreateWorkloadIdentity\n    with: {{name: {60 * 'a'}b}}\n"
        '    expect: {body.name: {matches: "(a+)+c"}}\n'
    )
    report = tmp_path / "report.json"
    # One lane: what shares it with the stuck one is not blamed, and has long ended, as it asks but once.
    done = run(
        "run", "held.yaml", "endless.yaml", "--jobs", "1", "--root", ROOT, "--time-limit", "200ms",
        "--report-json", report, cwd=tmp_path,
    )
    assert done.returncode == 3
    told = "one step took longer than 200ms of real time and cannot be stopped"
    assert f"endless.yaml seed 1: {told}" in done.stderr
    held, endless = json.loads(report.read_text())["scenarios"]
    assert (held["path"], held["verdict"]) == ("held.yaml", "held")
    assert (endless["path"], endless["verdict"]) == ("endless.yaml", "error")
    assert endless["failures"][0]["actual"] == told


def test_a_variable_that_no_file_has_is_wrong_usage(folder):
    done = run("run", folder / "a-holds.yaml", "--var", "uzer=bob")
    assert done.returncode == 1 and "--var uzer: no file speaks of such a variable" in done.stderr
    done = run("run", folder / "a-holds.yaml", "--var", "user=bob")
    assert done.returncode == 0 and "--var" not in done.stderr and "1 scenario" in done.stdout


def test_a_golden_trace_that_is_not_there_is_a_mistake_unless_the_run_writes_it(folder):
    file = folder / "golden.yaml"
    file.write_text("scenario: s\nspec: [T2]\nsteps:\n  - aws: ListGateways\nthen: {golden: golden.trace}\n")
    for command in ("check", "run"):
        done = run(command, file)
        assert done.returncode == 2 and "golden.yaml:5:16" in done.stderr
        assert "^^^^^^^^^^^^ run with --update-golden to write it" in done.stderr
    assert run("run", file, "--update-golden").returncode == 0
    assert run("check", file).returncode == 0 and run("run", file).returncode == 0


def test_where_a_report_cannot_be_is_told_before_anything_runs(folder, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("mine\n")
    for words, told in [
        (["run", folder, "--report-json", tmp_path / "none" / "r.json"], f"there is no folder {tmp_path}/none"),
        (["run", folder, "--report-json", ""], "--report-json needs a name: it is empty."),
        (["run", folder, "--diagram", mine / "d"], "Not a directory"),
        (["run", folder, "--capsule", mine], f"{mine} is no folder"),
        (["explore", "--out", mine], f"{mine} is no folder"),
        (["demo", "--html", mine], "it is no page of agentcore-local that plays a run"),
        (["demo", "--cast", mine], "it is no asciicast"),
        (["learn", "2", "--html", mine], "it is no page of agentcore-local that plays a run"),
        (["serve", "--port-base", "0", "--endpoints-file", mine], "it is no endpoints file of agentcore-local"),
    ]:
        done = run(*words)
        assert done.returncode in (1, 3) and done.stdout == "" and told in done.stderr, (words, done.stderr)
        assert mine.read_text() == "mine\n"
    for flags in (["--html", tmp_path / "d.html"], ["--cast", tmp_path / "d.cast"]):
        assert [run("demo", *flags).returncode for _ in range(2)] == [0, 0]
    words = ["explore", "--seeds", "100", "--rules-off", "session-binding", "--out", tmp_path / "found"]
    assert [run(*words).returncode for _ in range(2)] == [4, 4]
    found = next((tmp_path / "found").iterdir())
    found.write_text("# Mine by now.\n" + found.read_text())
    again = run(*words)
    assert again.returncode == 1 and f"{found}: there is such a file" in again.stderr
    assert found.read_text().startswith("# Mine by now.\n")
