"""Which lab `serve` serves, and what it says of one that it cannot."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

import pytest
import serving
from conftest import BINARY, ROOT, served

CLIENTS = ["mcp1"]
PATIENCE = 60


@pytest.mark.parametrize("flags", [[], ["--log-format", "text"]], ids=["in the plain form", "in another"])
def test_a_lab_with_a_mistake_is_told_once(tmp_path, flags):
    for name in ("mocks", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    lab = tmp_path / "mocks/labs/default.yaml"
    line = len(lab.read_text().splitlines()) + 1
    with open(lab, "a") as file:
        file.write("nonsense: true\n")
    done = subprocess.run(
        [BINARY, "serve", "--port-base", "0", *flags], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2, done.stderr
    assert f"default.yaml:{line}:1" in done.stderr and "nonsense" in done.stderr
    assert done.stderr.count("error: ") == 1


def test_the_lab_of_the_environment_is_served(tmp_path):
    endpoints = tmp_path / "endpoints.json"
    process = subprocess.Popen(
        [BINARY, "serve", "--port-base", "0", "--quiet", "--endpoints-file", str(endpoints)], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "AGENTCORE_LOCAL_LAB": "eddsa"})
    try:
        with urllib.request.urlopen(serving.ready(process, endpoints)["console"] + "/_local/info") as answer:
            assert json.load(answer)["lab"] == "eddsa"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.mark.skipif(not pathlib.Path("/proc/self/status").exists(), reason="there is no /proc")
def test_what_only_the_start_needed_is_let_go(tmp_path):
    with served(tmp_path) as lab:
        status = pathlib.Path(f"/proc/{lab.process.pid}/status").read_text()
        most, now = (int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) for name in ("VmHWM", "VmRSS"))
        assert most - now > 4_000
        # What came back is the same program.
        assert lab.control("GET", "/_local/info")["lab"] == "default"
