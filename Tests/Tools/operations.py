#!/usr/bin/env python3
"""Prints tables of the AWS operations: answered, by which real client's tests called, and how sure the facts are; and
of every error that the service model declares of one: whether boto3 meets it in a test, or why not.

    python3 Tests/Tools/operations.py > operations.md

Read from mocks/contract, mocks/ledger, Sources and Tests/RealClients; nothing in it is written by hand.
"""

import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/RealClients"))
import declared  # noqa: E402
MARKS = ("confirmed", "reported", "inferred", "unknown")
CLIENTS = {"test_cli.py": "AWS CLI", "test_sdk.py": "AgentCore SDK and toolkit", "test_deploy.py": "CDK"}


def words(name, between):
    """CreateOauth2CredentialProvider: create_oauth2_credential_provider, as boto3 spells it."""
    name = name.replace("CMK", "Cmk").replace("JWT", "Jwt")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", between, name).lower()


def rows():
    contract = json.loads((ROOT / "mocks/contract/contract.json").read_text())
    handled = "".join(
        path.read_text() for folder in ("ControlPlane", "IdentityService")
        for path in (ROOT / "Sources" / folder).rglob("*.swift"))
    tests = {path.name: path.read_text() for path in (ROOT / "Tests/RealClients").glob("*.py")}
    facts = [row for path in sorted((ROOT / "mocks/ledger").glob("*.yaml")) for row in yaml.safe_load(path.read_text())]
    for operation in contract["operations"]:
        name = operation["name"]
        spelt = {words(name, "_"), words(name, "-")}
        if name == "SetTokenVaultCMK":
            spelt = {"set_token_vault_cmk"}
        callers = sorted({
            CLIENTS.get(file, "boto3") for file, text in tests.items()
            if any(re.search(rf"(?<![\w-]){one}(?![\w-])", text) for one in spelt)})
        about = [row["mark"] for row in facts if re.search(rf"\b{name}\b", row["states"])]
        yield {
            "operation": name, "implemented": f'"{name}"' in handled, "clients": callers,
            **{mark: about.count(mark) for mark in MARKS}}


def main():
    print("| operation | answered | called by | " + " | ".join(MARKS) + " |")
    print("|---" * (3 + len(MARKS)) + "|")
    for row in rows():
        cells = [row["operation"], "yes" if row["implemented"] else "no", ", ".join(row["clients"]) or "-"]
        print("| " + " | ".join(cells + [str(row[mark]) for mark in MARKS]) + " |")
    print("\n| operation | declared error | met by |\n|---|---|---|")
    for pair in declared.rows():
        print("| " + " | ".join(pair) + " |")


if __name__ == "__main__":
    main()
