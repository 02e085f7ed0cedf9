"""The official suite's server scenarios against the lab `mcp-conformance`: its MCP server, and a gateway before it.

`conformance/TABLE.md` is the table of all ids; `CONFORMANCE_TABLE=write` with a run of everything
makes it anew, and a run without that checks that it is true.
"""

import asyncio
import json
import os
import pathlib
import signal
import subprocess

import boto3
import botocore.config
import pytest
from conformance import LEGACY, MODERN, REQUIRED, SCENARIOS, perform
from conftest import ROOT

CLIENTS = ["mcp2"]
ROWS = sorted(SCENARIOS, key=lambda row: (row[1], row[0]))
GATEWAY = "gateway"
# What a gateway does not offer, so that no client may expect it; the second member is the revision, None for both.
NOT_DECLARED = "the gateway declares no such capability, whatever its target has"
NO_SCHEMA_REFERENCES = "the gateway refuses a tool whose schema has $defs, so none can be listed"
LEGACY_TARGETS = "the gateway speaks 2025-11-25 to its targets, and passes no question of theirs to a stateless caller"
NOT_APPLICABLE = {
    ("completion-complete", None): NOT_DECLARED,
    ("logging-set-level", LEGACY): NOT_DECLARED,
    ("resources-subscribe", LEGACY): NOT_DECLARED,
    ("resources-unsubscribe", LEGACY): NOT_DECLARED,
    ("json-schema-2020-12", None): NO_SCHEMA_REFERENCES,
    ("server-sse-polling", LEGACY): "the gateway ends no stream before its answer; the scenario is not a required one",
    **{
        (name, MODERN): LEGACY_TARGETS
        for name in REQUIRED[MODERN]
        if name.startswith("input-required-result-")
        and name not in ("input-required-result-unsupported-methods", "input-required-result-ignore-extra-params")
    },
}


class Table:
    """What came out, by server, revision and id."""

    def __init__(self):
        self.rows = {}

    def add(self, server, version, name, outcome):
        self.rows[(server, version, name)] = outcome

    @property
    def text(self):
        lines = ["| server | revision | scenario | required | outcome |", "|---|---|---|---|---|"]
        for (server, version, name), outcome in sorted(self.rows.items()):
            required = "yes" if name in REQUIRED[version] else "no"
            lines.append(f"| {server} | {version} | {name} | {required} | {outcome} |")
        return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def table():
    return Table()


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    binary = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))
    endpoints = tmp_path_factory.mktemp("conformance") / "endpoints.json"
    with open(endpoints.with_suffix(".log"), "w") as log:
        process = subprocess.Popen(
            [binary, "serve", "--lab", "mcp-conformance", "--port-base", "0", "--endpoints-file", str(endpoints)],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while not endpoints.exists():
            assert process.poll() is None, endpoints.with_suffix(".log").read_text()
        yield json.loads(endpoints.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.fixture(scope="module")
def gateway_url(endpoints):
    """A gateway that asks for no token, with the fixtures' server as its only target."""
    control = boto3.client(
        "bedrock-agentcore-control",
        endpoint_url=endpoints["aws"],
        region_name=endpoints["region"],
        aws_access_key_id="111122223333",
        aws_secret_access_key="anything",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )
    gateway = control.create_gateway(
        name="conformance",
        roleArn="arn:aws:iam::111122223333:role/gw",
        protocolType="MCP",
        protocolConfiguration={
            "mcp": {
                "supportedVersions": ["2025-03-26", "2025-06-18", LEGACY, MODERN],
                "sessionConfiguration": {"sessionTimeoutInSeconds": 900},
                "streamingConfiguration": {"enableResponseStreaming": True},
            }
        },
        authorizerType="NONE",
    )
    ready(lambda: control.get_gateway(gatewayIdentifier=gateway["gatewayId"]))
    target = control.create_gateway_target(
        gatewayIdentifier=gateway["gatewayId"],
        name="f",
        targetConfiguration={"mcp": {"mcpServer": {"endpoint": endpoints["mcp"] + "/mcp/x/plain"}}},
    )
    ready(lambda: control.get_gateway_target(gatewayIdentifier=gateway["gatewayId"], targetId=target["targetId"]))
    return gateway["gatewayUrl"]


def ready(get):
    while (found := get())["status"] in ("CREATING", "SYNCHRONIZING"):
        pass
    assert found["status"] == "READY", found.get("statusReasons") or found.get("synchronizationStatus") or found


@pytest.mark.parametrize("name,version", ROWS)
def test_mcp_server(endpoints, table, name, version):
    run = asyncio.run(perform(name, version, endpoints["mcp"] + "/mcp"))
    table.add("mcp", version, name, "failing" if run.failed else "passed")
    assert run.checks and not run.failed
    assert run.wire.count or name in ("dns-rebinding-protection", "http-header-validation")


@pytest.mark.parametrize("name,version", ROWS)
def test_gateway(gateway_url, table, name, version):
    if reason := NOT_APPLICABLE.get((name, version)) or NOT_APPLICABLE.get((name, None)):
        table.add(GATEWAY, version, name, f"not applicable: {reason}")
        return
    run = asyncio.run(perform(name, version, gateway_url, prefix="f___"))
    table.add(GATEWAY, version, name, "failing" if run.failed else "passed")
    assert run.checks and not run.failed


def test_every_required_scenario_is_here():
    assert len(REQUIRED[LEGACY]) == 30 and len(REQUIRED[MODERN]) == 37
    for version, names in REQUIRED.items():
        assert not [name for name in names if (name, version) not in SCENARIOS]


def test_the_table_is_true(table):
    """Made by the tests before it, so it says nothing where only some of them ran."""
    if len(table.rows) < 2 * len(ROWS):
        pytest.skip("not every scenario was run")
    file = pathlib.Path(__file__).parent / "conformance/TABLE.md"
    if os.environ.get("CONFORMANCE_TABLE") == "write":
        file.write_text(table.text)
    assert file.read_text() == table.text
    assert "failing" not in table.text
