"""The contract in mocks/ is the model of the pinned botocore, and a newer model would be noticed."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT

CLIENTS = ["mcp1"]
CONTRACT = ROOT / "mocks/contract/contract.json"


def drift(path):
    done = subprocess.run([sys.executable, ROOT / "Tests/Tools/drift.py", path], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_the_contract_is_the_pinned_model():
    code, words = drift(CONTRACT)
    assert code == 0, words


def older(contract, what):
    shapes = contract["shapes"]["control"]
    if what == "new operation GetTokenVault":
        contract["operations"] = [one for one in contract["operations"] if one["name"] != "GetTokenVault"]
    elif what == "new member CreateGatewayRequest.description":
        del shapes["CreateGatewayRequest"]["members"]["description"]
    elif what == "new value of TargetStatus: CREATE_PENDING_AUTH":
        shapes["TargetStatus"]["enum"].remove("CREATE_PENDING_AUTH")
    elif what.startswith("GatewayName: pattern is"):
        shapes["GatewayName"]["pattern"] = "x"
    elif what == "member GetGatewayRequest.colour is gone":
        shapes["GetGatewayRequest"]["members"]["colour"] = "String"


@pytest.mark.parametrize("what", [
    "new operation GetTokenVault", "new member CreateGatewayRequest.description",
    "new value of TargetStatus: CREATE_PENDING_AUTH", "GatewayName: pattern is",
    "member GetGatewayRequest.colour is gone",
])
def test_a_newer_model_is_noticed(what, tmp_path):
    contract = json.loads(CONTRACT.read_text())
    older(contract, what)
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(contract))
    code, words = drift(path)
    assert code == 4 and what in words and "1 differences" in words
