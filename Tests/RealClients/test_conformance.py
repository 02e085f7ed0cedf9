"""The official suite's scenarios by their ids: for servers, for clients, and for authorization servers.

Servers are the MCP server of the lab `mcp-conformance` and a gateway before it. For clients there are two readings: the
gateway is a client of its targets, and the MCP server plays the suite's own server to the official SDK.
`conformance/TABLE.md` is the table of all ids; `CONFORMANCE_TABLE=write` with a run of everything
makes it anew, and a run without that checks that it is true.
"""

import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import urllib.request

import boto3
import botocore.config
import httpx2
import pytest
from conformance import (  # noqa: F401
    LEGACY, MODERN, REQUIRED, SCENARIOS, client_auth, client_metadata, clients, issuers, perform)
from conformance.clients import PLAYED, REQUIRED_OF_CLIENTS, UNSCORED_OF_CLIENTS
from conformance.kit import META
from conftest import ROOT, served
from oauth_clients import free_port

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


# Optional by their nature, and run unscored.
TASKS = "the server declares no io.modelcontextprotocol/tasks, an extension"
TASK_ROWS = [
    f"tasks-{name}"
    for name in """lifecycle capability-negotiation wire-fields request-state-removal mrtr-input request-headers
        dispatch-and-envelope status-notifications required-task-error mrtr-composition""".split()
]
CLIENT_ROWS = [
    (name, version)
    for version in (LEGACY, MODERN)
    for name in REQUIRED_OF_CLIENTS[version] + UNSCORED_OF_CLIENTS[version]
]
EXTENSION = "an extension that the lab's authorization server does not have"
NOT_PLAYED = {
    "auth/client-credentials-jwt": "the SDK's client signs for itself; private_key_jwt has tests of its own",
    "auth/enterprise-managed-authorization": EXTENSION,
    "auth/dpop": EXTENSION,
    "auth/dpop-nonce": EXTENSION,
    "auth/wif-jwt-bearer": EXTENSION,
    "auth/2025-03-26-oauth-endpoint-fallback": "the MCP server's own origin has no /authorize, /token and /register",
}
PASSES_ON = "the gateway passes a question on; who answers it is its own client"
NO_RESUMPTION = "nothing public says that the gateway takes up a target's stream again; it is a lost connection (E39)"
NO_DISCOVERY = "the gateway's tokens come from a credential provider: it reads no target's metadata, registers nowhere"
# What the gateway does as a client; the rest has its reason.
GATEWAY_CLIENT = [("initialize", LEGACY), ("tools_call", LEGACY)]


def not_of_gateway(name, version):
    if name.startswith("auth/"):
        return NO_DISCOVERY
    if name in ("json-schema-ref-no-deref", "json-schema-2020-12-preservation"):
        return NO_SCHEMA_REFERENCES
    if version == MODERN:
        return "the gateway speaks 2025-11-25 to its targets"
    return {"elicitation-sep1034-client-defaults": PASSES_ON, "sse-retry": NO_RESUMPTION}[name]


class Table:
    """What came out, by leg, party, revision and id."""

    def __init__(self):
        self.rows = {}

    def add(self, leg, party, version, name, outcome):
        self.rows[(leg, party, version, name)] = outcome

    @contextlib.contextmanager
    def row(self, *key):
        self.add(*key, "failing")
        yield
        self.add(*key, "passed")

    def required(self, leg, version, name):
        return name in {"server": REQUIRED, "client": REQUIRED_OF_CLIENTS}.get(leg, {}).get(version, [])

    @property
    def text(self):
        lines = ["| leg | party | revision | scenario | required | outcome |", "|---|---|---|---|---|---|"]
        for (leg, party, version, name), outcome in sorted(self.rows.items()):
            required = "yes" if self.required(leg, version, name) else "no"
            lines.append(f"| {leg} | {party} | {version} | {name} | {required} | {outcome} |")
        return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def table():
    return Table()


@pytest.fixture(scope="module")
def labs(tmp_path_factory):
    """The fixtures without a token; an authorization server by the RFCs; and one whose issuer has no path."""
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(ROOT / "mocks", root / "mocks")
    vendors = root / "mocks/vendors/oauth.yaml"
    vendors.write_text(vendors.read_text() + '  rooted: {vendor: rooted, issuerPath: ""}\n')
    lab = "about: An issuer without a path\nuse: default\nparties:\n  github: {vendor: rooted}\n"
    (root / "mocks/labs/rooted.yaml").write_text(lab)
    with contextlib.ExitStack() as stack:
        # Another seed, so that the two authorization servers give their clients other ids.
        yield {
            name: stack.enter_context(
                served(tmp_path_factory.mktemp(name), "--lab", lab, "--root", str(root), "--seed", seed, "--quiet")
            )
            for name, lab, seed in [("open", "mcp-conformance", "7"), ("strict", "strict", "7"), ("rooted", "rooted", "8")]
        }


@pytest.fixture(scope="module")
def conformance_lab(tmp_path_factory):
    with served(tmp_path_factory.mktemp("conformance"), "--lab", "mcp-conformance", "--quiet") as lab:
        yield lab


@pytest.fixture(scope="module")
def endpoints(conformance_lab):
    return conformance_lab.endpoints


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
    table.add("server", "mcp", version, name, "failing" if run.failed else "passed")
    assert run.checks and not run.failed
    assert run.wire.count or name in ("dns-rebinding-protection", "http-header-validation")


@pytest.mark.parametrize("name,version", ROWS)
def test_gateway(gateway_url, table, name, version):
    if reason := NOT_APPLICABLE.get((name, version)) or NOT_APPLICABLE.get((name, None)):
        table.add("server", GATEWAY, version, name, f"not applicable: {reason}")
        return
    run = asyncio.run(perform(name, version, gateway_url, prefix="f___"))
    table.add("server", GATEWAY, version, name, "failing" if run.failed else "passed")
    assert run.checks and not run.failed


@pytest.mark.parametrize("name,version", CLIENT_ROWS)
def test_clients_of_the_mcp_server(labs, table, name, version):
    if name in NOT_PLAYED:
        table.add("client", "mcp", version, name, f"not applicable: {NOT_PLAYED[name]}")
        return
    with table.row("client", "mcp", version, name):
        asyncio.run(clients.play(name, version, labs))


@pytest.mark.parametrize("name,version", CLIENT_ROWS)
def test_the_gateway_as_a_client(conformance_lab, gateway_url, table, name, version):
    if (name, version) not in GATEWAY_CLIENT:
        table.add("client", GATEWAY, version, name, f"not applicable: {not_of_gateway(name, version)}")
        return
    with table.row("client", GATEWAY, version, name):
        run = asyncio.run(perform("tools-call-simple-text", LEGACY, gateway_url, prefix="f___"))
        assert not run.failed
        entries = conformance_lab.control("GET", "/_local/journal?after=0")["entries"]
        posts = [
            entry["request"]
            for entry in entries
            if entry["kind"] == "exchange" and entry["from"] == GATEWAY and entry["to"] == "mcp"
        ]
        sent = [(post["headers"], post["body"]) for post in posts if isinstance(post.get("body"), dict)]
        if name == "initialize":
            params = next(body["params"] for _, body in sent if body.get("method") == "initialize")
            assert params["protocolVersion"] == LEGACY and "capabilities" in params
            assert params["clientInfo"]["name"] and params["clientInfo"]["version"]
            assert [body for _, body in sent if body.get("method") == "notifications/initialized"]
        else:
            calls = [(headers, body) for headers, body in sent if body.get("method") == "tools/call"]
            assert calls and calls[-1][1]["params"]["name"] == "test_simple_text"
            assert all(headers["mcp-protocol-version"] == LEGACY for headers, _ in calls)


@pytest.mark.parametrize("name", issuers.ISSUERS)
@pytest.mark.parametrize("party", ["github", "idp"])
def test_authorization_server(labs, table, party, name):
    lab = labs["strict"]
    issuer = lab.github + "/oauth" if party == "github" else lab.idp
    with table.row("authorization-server", party, "all", name):
        if name == "authorization-server-metadata-endpoint":
            metadata = issuers.metadata_endpoint(issuer)
            assert party == "idp" or metadata["client_id_metadata_document_supported"] is True
            return
        callback = f"http://127.0.0.1:{free_port()}/callback"
        if party == "github":
            body = {"client_name": "suite", "redirect_uris": [callback], "token_endpoint_auth_method": "none"}
            request = urllib.request.Request(
                issuer + "/register", json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            issuers.code_grant(issuer, json.load(urllib.request.urlopen(request))["client_id"], callback, "alice-gh")
        else:
            issuers.code_grant(issuer, "web", callback, "alice")


@pytest.mark.parametrize("name", TASK_ROWS)
@pytest.mark.parametrize("party", ["mcp", GATEWAY])
def test_no_tasks(endpoints, gateway_url, table, party, name):
    """What the reason says is so: no capability, no method."""
    url = endpoints["mcp"] + "/mcp" if party == "mcp" else gateway_url
    meta = {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}
    answers = {}
    for method in ("server/discover", "tasks/get"):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta}}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        answers[method] = httpx2.post(url, json=body, headers=headers)
    assert not {"tasks", "extensions"} & set(answers["server/discover"].json()["result"]["capabilities"])
    assert answers["tasks/get"].status_code == 404 and answers["tasks/get"].json()["error"]["code"] == -32601
    table.add("server", party, MODERN, name, f"not applicable: {TASKS}")


def test_every_scenario_is_here():
    assert len(REQUIRED[LEGACY]) == 30 and len(REQUIRED[MODERN]) == 37
    for version, names in REQUIRED.items():
        assert not [name for name in names if (name, version) not in SCENARIOS]
    assert len(REQUIRED_OF_CLIENTS[LEGACY]) == 18 and len(REQUIRED_OF_CLIENTS[MODERN]) == 32
    assert {name for name, _ in CLIENT_ROWS} == set(PLAYED) | set(NOT_PLAYED) and not set(PLAYED) & set(NOT_PLAYED)


def test_the_table_is_true(table):
    """Made by the tests before it, so it says nothing where only some of them ran."""
    if len(table.rows) < 2 * (len(ROWS) + len(CLIENT_ROWS) + len(TASK_ROWS) + len(issuers.ISSUERS)):
        pytest.skip("not every scenario was run")
    file = pathlib.Path(__file__).parent / "conformance/TABLE.md"
    if os.environ.get("CONFORMANCE_TABLE") == "write":
        file.write_text(table.text)
    assert file.read_text() == table.text
    for row, outcome in table.rows.items():
        assert outcome == "passed" or outcome.startswith("not applicable: "), row
