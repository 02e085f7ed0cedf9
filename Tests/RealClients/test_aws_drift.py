"""`doctor --model`: the contract in mocks/ is the model of the pinned botocore, and a newer model would be noticed."""

import gzip
import json
import os
import pathlib
import subprocess
import sys

import botocore
import pytest
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]
DATA = pathlib.Path(botocore.__file__).parent / "data"
SERVICES = {"bedrock-agentcore-control": "2023-06-05", "bedrock-agentcore": "2024-02-28"}


def doctor(*arguments, path=os.environ["PATH"]):
    done = subprocess.run(
        [BINARY, "doctor", *arguments], cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_the_contract_is_the_pinned_model():
    code, lines, _ = doctor("--model", path=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    assert (code, lines) == (0, [
        f"botocore {botocore.__version__}, contract of {botocore.__version__}: 0 differences"])


def model(service):
    with gzip.open(DATA / service / SERVICES[service] / "service-2.json.gz") as file:
        return json.load(file)


def change(control, what):
    shapes, operations = control["shapes"], control["operations"]
    if what == "new operation PauseGateway":
        operations["PauseGateway"] = {**operations["GetGateway"], "name": "PauseGateway"}
    elif what == "operation GetTokenVault is gone":
        del operations["GetTokenVault"]
    elif what == "new member CreateGatewayRequest.colour":
        shapes["CreateGatewayRequest"]["members"]["colour"] = {"shape": "String"}
    elif what == "new value of TargetStatus: PAUSED":
        shapes["TargetStatus"]["enum"].append("PAUSED")
    elif what == "GatewayName: pattern is \"x\", was \"([0-9a-zA-Z][-]?){1,48}\"":
        shapes["GatewayName"]["pattern"] = "x"
    elif what == "member GetGatewayRequest.gatewayIdentifier is gone":
        del shapes["GetGatewayRequest"]["members"]["gatewayIdentifier"]
    elif what == "GetGateway: status is 202, was 200":
        operations["GetGateway"]["http"]["responseCode"] = 202
    elif what == "GetGatewayTargetRequest.targetId is TargetId in uri as id, was TargetId in uri as targetId":
        shapes["GetGatewayTargetRequest"]["members"]["targetId"]["locationName"] = "id"


@pytest.mark.parametrize("what", [
    "new operation PauseGateway", "operation GetTokenVault is gone", "new member CreateGatewayRequest.colour",
    "new value of TargetStatus: PAUSED", "GatewayName: pattern is \"x\", was \"([0-9a-zA-Z][-]?){1,48}\"",
    "member GetGatewayRequest.gatewayIdentifier is gone", "GetGateway: status is 202, was 200",
    "GetGatewayTargetRequest.targetId is TargetId in uri as id, was TargetId in uri as targetId",
])
def test_a_newer_model_is_noticed(what, tmp_path):
    for service, version in SERVICES.items():
        changed = model(service)
        if service == "bedrock-agentcore-control":
            change(changed, what)
        folder = tmp_path / service / version
        folder.mkdir(parents=True)
        # One packed as botocore has it, one not.
        if service == "bedrock-agentcore":
            (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(changed).encode()))
        else:
            (folder / "service-2.json").write_text(json.dumps(changed))
    code, lines, _ = doctor("--model-dir", str(tmp_path))
    assert code == 5
    assert what in lines
    assert lines[-1] == f"{tmp_path}, contract of {botocore.__version__}: {len(lines) - 1} differences"
    # Nobody but what was changed: a member that is gone takes nothing else with it.
    assert len(lines) == 2


def test_without_a_model_there_is_nothing_to_compare(tmp_path):
    code, lines, words = doctor("--model-dir", str(tmp_path))
    assert (code, lines) == (3, []) and "no model of bedrock-agentcore-control" in words
