#!/usr/bin/env python3
"""Says what the botocore of this Python has that mocks/contract/contract.json has not.

    python3 Tests/Tools/drift.py mocks/contract/contract.json

Operations on what we play, members, enum values, and constraints that changed. Exit code 4 where there is something.
"""

import json
import subprocess
import sys
import tempfile

import botocore
import contract

# What an operation of ours is about; others are outside the scope.
NOUNS = (
    "Gateway", "Oauth2CredentialProvider", "ApiKeyCredentialProvider", "WorkloadIdentit", "WorkloadAccessToken",
    "TokenVault", "ConsentPortal", "ResourcePolicy", "ResourceOauth2Token", "ResourceApiKey", "ResourceTokenAuth",
)
FACTS = ("type", "min", "max", "pattern", "union", "required", "in", "as", "timestampFormat")


def member(entry):
    return {"shape": entry} if isinstance(entry, str) else entry


def differences(ours, theirs):
    """Lines, sorted; both sides are contracts as contract.py writes them."""
    found = set()
    known = {one["name"]: one for one in ours["operations"]}
    for operation in theirs["operations"]:
        old = known.get(operation["name"])
        for fact in ("method", "uri", "status", "errors"):
            if old and old.get(fact) != operation.get(fact):
                found.add(f"{operation['name']}: {fact} is {operation.get(fact)}, was {old.get(fact)}")
    for service, shapes in theirs["shapes"].items():
        for name, shape in shapes.items():
            old = ours["shapes"][service].get(name)
            if old is None:
                found.add(f"new shape {name}")
                continue
            for value in shape.get("enum", []):
                if value not in old.get("enum", []):
                    found.add(f"new value of {name}: {value}")
            for fact in FACTS:
                if shape.get(fact) != old.get(fact):
                    found.add(f"{name}: {fact} is {shape.get(fact)}, was {old.get(fact)}")
            before = old.get("members", {})
            for one, entry in shape.get("members", {}).items():
                if one not in before:
                    found.add(f"new member {name}.{one}")
                elif member(before[one]) != member(entry):
                    found.add(f"{name}.{one} is {member(entry)}, was {member(before[one])}")
            for one in before:
                if one not in shape.get("members", {}):
                    found.add(f"member {name}.{one} is gone")
    return sorted(found)


def operations_we_lack(ours):
    known = {one["name"] for one in ours["operations"]}
    lacking = []
    for service in contract.SERVICES:
        for name in contract.model(service)["operations"]:
            if name not in known and any(noun in name for noun in NOUNS):
                lacking.append(f"new operation {name}")
    return sorted(lacking)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ours = json.load(file)
    with tempfile.NamedTemporaryFile(suffix=".json") as made:
        subprocess.run([sys.executable, contract.__file__, made.name], check=True)
        with open(made.name, encoding="utf-8") as file:
            theirs = json.load(file)
    lines = operations_we_lack(ours) + differences(ours, theirs)
    for line in lines:
        print(line)
    print(f"botocore {botocore.__version__}, contract of {ours['botocore']}: {len(lines)} differences")
    sys.exit(4 if lines else 0)


if __name__ == "__main__":
    main()
