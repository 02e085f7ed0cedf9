"""What the README shows is run as it stands there."""

import os
import pathlib
import re
import subprocess
import sys

from conftest import ROOT

CLIENTS = ["mcp1"]

README = (ROOT / "README.md").read_text()
BINARY = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_five_minutes_with_boto3(lab):
    (program,) = blocks("python")
    ports = 'f"http://127.0.0.1:{port}" for port in (4580, 4582, 4584, 4585, 4586)'
    assert ports in program
    origins = ", ".join(repr(lab.endpoints[party]) for party in ("aws", "idp", "mcp", "app", "console"))
    done = subprocess.run(
        [sys.executable, "-c", program.replace(ports, f"o for o in ({origins})")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "-32042" in done.stdout and '"login":"alice-gh"' in done.stdout.replace(": ", ":")


def test_the_scenario_holds(tmp_path):
    (scenario,) = blocks("yaml")
    folder = ROOT / "scenarios"
    for name in ("mocks", "scenarios"):
        (tmp_path / name).symlink_to(ROOT / name)
    file = tmp_path / "example.yaml"
    file.write_text(scenario)
    done = subprocess.run(
        [BINARY, "run", "--root", str(tmp_path), str(file)], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert folder.is_dir()


def test_commands_and_targets_exist():
    told = subprocess.run([BINARY, "--help"], capture_output=True, text=True).stdout
    for command in set(re.findall(r"`agentcore-local ([a-z]+)", README)):
        assert re.search(rf"^  {command} ", told, re.MULTILINE), command
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert target in targets, target


def test_every_file_it_names_is_there():
    for path in set(re.findall(r"`((?:mocks|scenarios|Sources|Tests)/[A-Za-z0-9_./-]+)`", README)):
        assert (ROOT / pathlib.Path(path)).exists(), path


def test_the_ledger_has_the_rows_it_says():
    rows = "".join(file.read_text() for file in (ROOT / "mocks/ledger").glob("*.yaml"))
    for mark in ("confirmed", "reported", "inferred", "unknown"):
        (told,) = re.findall(rf"^\| {mark} \| (\d+) \|$", README, re.MULTILINE)
        assert int(told) == len(re.findall(rf"^  mark: {mark}$", rows, re.MULTILINE)), mark
