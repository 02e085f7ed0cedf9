#!/usr/bin/env python3
"""Writes mocks/contract/contract.json: the operations we know, from the service models that botocore carries.

    python3 Tests/Tools/contract.py mocks/contract/contract.json

Any Python with botocore does; set PYTHONPATH for another version. The output depends on that version alone.
"""

import gzip
import json
import os
import sys

import botocore

SERVICES = {
    "control": ("bedrock-agentcore-control", "2023-06-05"),
    "data": ("bedrock-agentcore", "2024-02-28"),
}

OPERATIONS = {
    "control": """
        CreateGateway GetGateway UpdateGateway DeleteGateway ListGateways
        CreateGatewayTarget GetGatewayTarget UpdateGatewayTarget DeleteGatewayTarget ListGatewayTargets
        SynchronizeGatewayTargets
        CreateOauth2CredentialProvider GetOauth2CredentialProvider UpdateOauth2CredentialProvider
        DeleteOauth2CredentialProvider ListOauth2CredentialProviders
        CreateApiKeyCredentialProvider GetApiKeyCredentialProvider UpdateApiKeyCredentialProvider
        DeleteApiKeyCredentialProvider ListApiKeyCredentialProviders
        CreateWorkloadIdentity GetWorkloadIdentity UpdateWorkloadIdentity DeleteWorkloadIdentity
        ListWorkloadIdentities
        GetTokenVault SetTokenVaultCMK ResetTokenVaultKeyMaterial
        TagResource UntagResource ListTagsForResource
        PutResourcePolicy GetResourcePolicy DeleteResourcePolicy
        CreateConsentPortal GetConsentPortal UpdateConsentPortal DeleteConsentPortal ListConsentPortals
        CreateGatewayRule GetGatewayRule UpdateGatewayRule DeleteGatewayRule ListGatewayRules
        CreateGatewayRateLimit GetGatewayRateLimit UpdateGatewayRateLimit DeleteGatewayRateLimit
        ListGatewayRateLimits BatchPutGatewayRateLimits
    """,
    "data": """
        GetWorkloadAccessToken GetWorkloadAccessTokenForJWT GetWorkloadAccessTokenForUserId
        GetResourceOauth2Token GetResourceApiKey CompleteResourceTokenAuth
    """,
}


def model(service):
    name, version = SERVICES[service]
    path = os.path.join(os.path.dirname(botocore.__file__), "data", name, version, "service-2.json")
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz") as file:
            return json.load(file)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def operation(service, source):
    result = {
        "name": source["name"],
        "service": service,
        "method": source["http"]["method"],
        "uri": source["http"]["requestUri"],
        "status": source["http"].get("responseCode", 200),
        "input": source["input"]["shape"] if "input" in source else None,
        "output": source["output"]["shape"] if "output" in source else None,
        "errors": sorted(error["shape"] for error in source.get("errors", [])),
    }
    return {name: value for name, value in result.items() if value is not None}


def member(source):
    """`"Shape"`, or an object where the member is not in the body under its own name."""
    place = source.get("location")
    wire = source.get("locationName")
    if place is None and wire is None:
        return source["shape"]
    result = {"shape": source["shape"]}
    if place:
        result["in"] = place
    if wire:
        result["as"] = wire
    return result


def shape(source):
    result = {"type": source["type"]}
    for fact in ("min", "max", "pattern", "enum", "union", "sensitive", "timestampFormat"):
        if fact in source:
            result[fact] = source[fact]
    if source.get("document"):
        result["type"] = "document"
    if source["type"] == "structure" and not source.get("document"):
        result["members"] = {name: member(entry) for name, entry in source["members"].items()}
        if source.get("required"):
            result["required"] = source["required"]
    elif source["type"] == "list":
        result["member"] = source["member"]["shape"]
    elif source["type"] == "map":
        result["key"] = source["key"]["shape"]
        result["value"] = source["value"]["shape"]
    return result


def reachable(shapes, roots):
    found, todo = set(), list(roots)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        source = shapes[name]
        todo += [entry["shape"] for entry in source.get("members", {}).values()]
        todo += [source[part]["shape"] for part in ("member", "key", "value") if part in source]
    return sorted(found)


def main():
    def line(value):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    operations, sections = [], []
    for service in SERVICES:
        source = model(service)
        names = OPERATIONS[service].split()
        for name in names:
            if name not in source["operations"]:
                sys.stderr.write(f"botocore {botocore.__version__} has no {name}; left out\n")
        chosen = [operation(service, source["operations"][name]) for name in names if name in source["operations"]]
        operations += chosen
        roots = [entry[part] for entry in chosen for part in ("input", "output") if part in entry]
        rows = ",\n".join(
            f"{line(name)}:{line(shape(source['shapes'][name]))}" for name in reachable(source["shapes"], roots)
        )
        sections.append(f"{line(service)}:{{\n{rows}\n}}")
    versions = {service: version for service, (_, version) in SERVICES.items()}
    text = (
        f'{{\n"botocore":{line(botocore.__version__)},\n"versions":{line(versions)},\n"operations":[\n'
        + ",\n".join(line(entry) for entry in operations)
        + '\n],\n"shapes":{\n'
        + ",\n".join(sections)
        + "\n}\n}\n"
    )
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
