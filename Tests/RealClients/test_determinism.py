"""Same seed, same bytes: in another process (hashing is seeded anew in each) and with another number of jobs."""

import json
import os
import subprocess

from conftest import ROOT

CLIENTS = ["mcp1"]

BINARY = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))


def report(folder, name, *flags):
    file = folder / name
    done = subprocess.run(
        [BINARY, "run", "scenarios", "--report-json", str(file), *flags], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-2000:]
    told = json.loads(file.read_text())
    assert told.pop("run")
    return json.dumps(told)


def test_two_processes_and_two_job_counts_give_the_same_bytes(tmp_path):
    first = report(tmp_path, "a.json", "--seed", "11", "--jobs", "1")
    assert first == report(tmp_path, "b.json", "--seed", "11", "--jobs", "2")
    assert "trace" in first and first != report(tmp_path, "c.json", "--seed", "12", "--jobs", "2")
