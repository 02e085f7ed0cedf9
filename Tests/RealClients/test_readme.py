"""What the README shows is run as it stands there."""

import pathlib
import re
import subprocess
import sys

from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]

README = (ROOT / "README.md").read_text()


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
    (scenario,) = [block for block in blocks("yaml") if block.startswith("scenario:")]
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
    table = README.split("## Commands")[1].split("Exit codes:")[0]
    named = re.findall(r"agentcore-local ([a-z]+)", README) + [
        command for cell in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for command in re.findall(r"`([a-z]+)", cell)
    ]
    there = re.findall(r"^  ([a-z]+)  ", told, re.MULTILINE)
    assert set(named) >= set(there), "the README's table lacks a command"
    for command in set(named):
        assert command in there, command


def test_every_shard_of_the_workflow_runs(tmp_path):
    """The command of the workflow, for each of its shards, and the reports joined as it says."""
    (workflow,) = [block for block in blocks("yaml") if block.startswith("jobs:")]
    command = re.search(r"run: agentcore-local (.*)", workflow)[1]
    shards = re.search(r"shard: \[(.*?)\]", workflow)[1].split(", ")
    counts = []
    for shard in shards:
        told = command.replace("${{ matrix.shard }}", shard).replace("shard-" + shard, str(tmp_path / f"shard-{shard}"))
        done = subprocess.run([BINARY, *told.split()], capture_output=True, text=True, cwd=ROOT, timeout=300)
        assert done.returncode == 0, done.stdout[-3000:]
        counts.append(int(re.search(r"(\d+) scenarios?, ", done.stdout)[1]))
    assert min(counts) > 0.7 * max(counts), counts
    reports = [str(tmp_path / f"shard-{shard}.json") for shard in shards]
    merged = subprocess.run([BINARY, "report", "merge", *reports], capture_output=True, text=True, timeout=60)
    assert merged.returncode == 0, merged.stderr
    assert str(sum(counts)) in merged.stdout
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
