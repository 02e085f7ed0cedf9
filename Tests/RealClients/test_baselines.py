"""Scenarios that are known to fail: what is told of those that do, and of lines that nobody needs any more."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from program import run

CLIENTS = ["mcp1"]

HOLDS = """scenario: A list is empty
spec: [T2]
matrix: {user: [alice, bob]}
steps:
  - sign-in: ${user}
  - aws: ListGateways
    expect: {body.items: []}
"""
FAILS = """scenario: One of two answers is another
spec: [T2]
matrix: {status: [200, 201]}
steps:
  - aws: ListGateways
    expect: {status: "${status}"}
"""


@pytest.fixture
def folder(tmp_path):
    base = tmp_path / "cases"
    base.mkdir()
    for name, text in [("a-holds", HOLDS), ("b-fails", FAILS), ("c-holds", HOLDS), ("d-fails", FAILS)]:
        (base / f"{name}.yaml").write_text(text)
    return base


def flags(place, name):
    kinds = ("json", "junit", "tap", "html")
    return [flag for kind in kinds for flag in (f"--report-{kind}", place / f"{name}.{kind}")]


def told(place, name):
    """What each report says of stale lines."""
    suites = ElementTree.parse(place / f"{name}.junit").getroot()
    cases = [case for case in suites.iter("testcase") if case.get("classname") == "baseline"]
    assert int(suites.get("failures")) == len(cases)
    tap = (place / f"{name}.tap").read_text().splitlines()
    assert tap[1] == f"1..{sum(line.startswith(('ok ', 'not ok ')) for line in tap)}"
    report = json.loads((place / f"{name}.json").read_text())
    lines = report["run"].get("stale", [])
    assert report["summary"].get("stale", 0) == len(lines)
    assert [case.find("failure").get("message") for case in cases] == lines
    page = (place / f"{name}.html").read_text()
    for line in lines:
        assert any(row.startswith("not ok ") and row.endswith(f" - {line}") for row in tap)
        assert f'<pre class="failed">{line}</pre>' in page
    assert ("stale" in page.split("<h1>")[1].split("</h1>")[0]) == bool(lines)
    return lines


def test_a_stale_baseline_is_told_by_every_report(folder, tmp_path):
    known = tmp_path / "known.txt"
    b, c, d = (folder / f"{name}.yaml" for name in ("b-fails", "c-holds", "d-fails"))
    known.write_text(f"{b} # one of its cells\n{d}\n{c}\nnope.yaml\n")
    ways = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    done = run("run", folder, "--expected-failures", known, *flags(tmp_path, "whole"), **ways)
    assert done.returncode == 5
    lines = told(tmp_path, "whole")
    assert lines == [f"{c} holds: take it out of {known}", f"nope.yaml is no scenario: take it out of {known}"]
    for line in lines:
        assert f"::error title=stale baseline::{line}\n" in done.stdout and f"{line}\n" in done.stderr
        assert f"| {line} |" in (tmp_path / "summary.md").read_text()
    # A shard knows its own runs: of a line that means those of others too, all together know.
    parts = [tmp_path / f"{number}.json" for number in range(1, 9)]
    for number, part in enumerate(parts, 1):
        files = ["--report-json", part, "--report-html", tmp_path / "part.html"]
        run("run", folder, "--expected-failures", known, "--shard", f"{number}/8", *files)
        assert json.loads(part.read_text())["run"]["stale"] == [lines[1]]
    (tmp_path / "summary.md").unlink()
    files = [*flags(tmp_path, "merged")[2:], "--output", tmp_path / "merged.json"]
    merged = run("report", "merge", *parts, *files, **ways)
    assert merged.returncode == 5 and sorted(told(tmp_path, "merged")) == sorted(lines)
    for line in lines:
        assert f"::error title=stale baseline::{line}\n" in merged.stdout and f"{line}\n" in merged.stderr
        assert f"| {line} |" in (tmp_path / "summary.md").read_text()


def test_an_expected_failure_ends_nothing_and_leaves_no_capsule(folder, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text(f"{folder}/b-fails.yaml [status=201]\n")
    words = ["run", folder, "--expected-failures", known, "--fail-fast", "--capsule", tmp_path / "capsules"]
    for jobs in (1, 3):
        done = run(*words, "--jobs", jobs)
        assert done.returncode == 4, done.stdout
        assert "8 scenarios, 6 held, 1 failed, 1 failed as expected" in done.stdout
        (capsule,) = (tmp_path / "capsules").iterdir()
        assert capsule.name.endswith("_cases_d-fails__status=201_-1.capsule")
    known.write_text(f"{folder}/b-fails.yaml\n{folder}/d-fails.yaml\n")
    done = run(*words[:-1], tmp_path / "none")
    assert done.returncode == 0 and "8 scenarios, 6 held, 0 failed, 2 failed as expected" in done.stdout
    assert not (tmp_path / "none").exists()
