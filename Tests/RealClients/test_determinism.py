"""Same seed, same bytes: in another process (hashing is seeded anew in each) and with another number of jobs."""

import json
import os
import re
import sqlite3
import subprocess

import pytest
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]

# How long a run took, and what asked for it: all that two runs may differ in.
UNSTABLE = {
    "report.junit": (r'(<testsuites?\b[^>]*?) time="[0-9.]+"', r"\1"),
    # Progress is told by the clock on the wall.
    "capsules.txt": (r"(?m)^\r?(\x1b\[K)?\d+ of \d+ scenarios.*\n?", ""),
    "report.html": (r"<p>version .*? seconds [0-9.]+ ", "<p>"),
}
# A user's token, a signed one, what the lab's own clients keep to themselves.
SECRETS = re.compile(r"gh[opru]_[A-Za-z0-9]{16,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ|agentcore-local-secret|BEGIN [A-Z ]*PRIVATE KEY")


def run(folder, *flags, scenarios="scenarios"):
    """Every report of a run of the library in which two rules are off, so that there is something to tell."""
    folder.mkdir()
    files = [part for kind in ("junit", "tap", "json", "html") for part in (f"--report-{kind}", folder / f"report.{kind}")]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AGENTCORE_LOCAL_")}
    done = subprocess.run(
        [
            BINARY, "run", scenarios, *files, "--diagram", folder / "pictures", "--capsule", folder / "capsules",
            "--record", folder / "record.sqlite", "--rules-off", "session-binding", "--rules-off", "pkce-verifier", *flags,
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=900,
        env={**clean, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")},
    )
    assert done.returncode == 4, done.stderr[-2000:]
    (folder / "terminal.txt").write_text(done.stdout)
    (folder / "capsules.txt").write_text(done.stderr)
    tables = sqlite3.connect(folder / "record.sqlite")
    (folder / "record.sql").write_text("\n".join(tables.iterdump()))
    tables.close()
    (folder / "record.sqlite").unlink()
    return folder


def contents(folder):
    """Texts by their paths, with what only this run had left out."""
    texts = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_text().replace(str(folder), "FOLDER")
            if path.name in UNSTABLE:
                text = re.sub(*UNSTABLE[path.name], text)
            if path.name == "report.json":
                told = json.loads(text)
                assert told.pop("run")
                text = json.dumps(told)
            texts[str(path.relative_to(folder))] = text
    return texts


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return run(tmp_path_factory.mktemp("runs") / "first", "--seed", "11", "--jobs", "1")


def test_two_processes_and_two_job_counts_give_the_same_bytes(first, tmp_path):
    told = contents(first)
    again = contents(run(tmp_path / "again", "--seed", "11", "--jobs", "2"))
    assert sorted(told) == sorted(again)
    different = [name for name in told if told[name] != again[name]]
    assert not different, different
    kinds = {name.rsplit(".", 1)[-1] for name in told}
    assert kinds == {"junit", "tap", "json", "html", "svg", "mmd", "capsule", "md", "sql", "txt"}
    assert "::error " in told["terminal.txt"] and "| scenario |" in told["summary.md"]
    assert sum(name.endswith(".svg") for name in told) >= len(list((ROOT / "scenarios").rglob("*.yaml"))) * 3 // 4
    # What was left out was little: the runs themselves are told.
    assert "trace" in told["report.json"] and len(json.loads((first / "report.json").read_text())["scenarios"]) > 300


def test_another_seed_gives_other_bytes(tmp_path):
    """Without this the test above could not fail."""
    flow = [contents(run(tmp_path / seed, "--seed", seed, scenarios="scenarios/attacks")) for seed in ("11", "12")]
    assert all(flow[0][name] != flow[1][name] for name in ("report.json", "report.html", "record.sql"))


def test_no_report_and_no_trace_shows_a_secret(first):
    found = {}
    for path in sorted(first.rglob("*")):
        if path.is_file():
            text = path.read_text()
            if path.suffix == ".capsule":
                # What stands before is the scenario and its lab as their authors wrote them.
                text = text.split("\n-- trace ")[1]
            for secret in SECRETS.findall(text):
                found.setdefault(secret[:24], path.name)
    assert not found, found
    assert list((first / "capsules").iterdir())
