"""The suite's scenarios for clients, turned round: the lab plays the part of the suite's own server, the official SDK is
the client, and what the suite would check of it is read in the lab's journal.

A scenario gets a `Stage`; what it asserts is what the suite checks. Where the suite's server differs from ours the
difference is a fault with a fixed answer, as anybody who tests a client of his own would set it.
"""

import asyncio
import base64
import json
import time
import urllib.parse
import urllib.request

import httpx2
import mcp_types as types
from mcp import Client, MCPError
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from oauth_clients import Memory, Person, free_port, query

from .kit import LEGACY, META, MODERN

PLAYED = {}
# Required ones as of the suite's requirement sets; the others it runs unscored.
REQUIRED_OF_CLIENTS = {
    LEGACY: """initialize tools_call elicitation-sep1034-client-defaults sse-retry auth/metadata-default
        auth/metadata-var1 auth/metadata-var2 auth/metadata-var3 auth/basic-cimd auth/scope-from-www-authenticate
        auth/scope-from-scopes-supported auth/scope-omitted-when-undefined auth/scope-step-up auth/scope-retry-limit
        auth/token-endpoint-auth-basic auth/token-endpoint-auth-post auth/token-endpoint-auth-none
        auth/pre-registration""".split(),
    MODERN: """tools_call request-metadata auth/metadata-default auth/metadata-var1 auth/metadata-var2
        auth/metadata-var3 auth/basic-cimd auth/scope-from-www-authenticate auth/scope-from-scopes-supported
        auth/scope-omitted-when-undefined auth/scope-step-up auth/scope-retry-limit auth/token-endpoint-auth-basic
        auth/token-endpoint-auth-post auth/token-endpoint-auth-none auth/pre-registration auth/resource-mismatch
        auth/offline-access-scope auth/offline-access-not-supported auth/authorization-server-migration
        auth/iss-supported auth/iss-not-advertised auth/iss-supported-missing auth/iss-wrong-issuer
        auth/iss-unexpected auth/iss-normalized auth/metadata-issuer-mismatch sep-2322-client-request-state
        http-standard-headers http-custom-headers http-invalid-tool-headers json-schema-ref-no-deref""".split(),
}
UNSCORED_OF_CLIENTS = {
    version: """auth/client-credentials-jwt auth/client-credentials-basic auth/enterprise-managed-authorization
        auth/dpop auth/dpop-nonce auth/wif-jwt-bearer json-schema-2020-12-preservation
        auth/2025-03-26-oauth-metadata-backcompat auth/2025-03-26-oauth-endpoint-fallback""".split()
    for version in (LEGACY, MODERN)
}


def played(name):
    def keep(body):
        PLAYED[name] = body
        return body

    return keep


class Stage:
    """One scenario under one revision. `labs` has `open` (fixtures, no token), `strict` and `rooted`."""

    def __init__(self, version, labs):
        self.version, self.labs, self.lab = version, labs, None
        self.person, self.memory = Person(), Memory()
        self.port = free_port()

    def on(self, name):
        """Reads the lab's documents before the journal begins, so that all in it is the client's."""
        self.lab = self.labs[name]
        self.lab.control("POST", "/_local/reset")
        if name != "open":
            path = "" if name == "rooted" else "/oauth"
            self.protected = self.served("mcp", "/.well-known/oauth-protected-resource/mcp")
            self.authorizing = self.served("github", "/.well-known/oauth-authorization-server" + path)
        self.lab.control("POST", "/_local/reset")
        return self.lab

    def fault(self, party, operation, body=None, status=200, headers=None, first=None):
        answer = {"status": status, **({"body": body} if body is not None else {}), "headers": headers or {}}
        fault = {"name": f"{party} {operation}", "party": party, "operation": operation, "answer": answer}
        self.lab.control("PUT", "/_local/faults", {**fault, **({"first": first} if first else {})})

    def seen(self, party, path=None):
        """Requests of the client that reached a party, oldest first."""
        entries = self.lab.control("GET", "/_local/journal?after=0")["entries"]
        found = [e for e in entries if e["kind"] == "exchange" and e["to"] == party and e["from"] == "outside"]
        return [e for e in found if path is None or urllib.parse.urlsplit(e["path"]).path == path]

    def messages(self):
        """(headers, message) of each POST to the MCP endpoint."""
        return [
            (e["request"]["headers"], body)
            for e in self.seen("mcp", "/mcp")
            if e["method"] == "POST" and isinstance(body := e["request"].get("body"), dict)
        ]

    # MARK: the client

    @property
    def mode(self):
        return "legacy" if self.version == LEGACY else "auto"

    async def client(self, body, auth=None, **options):
        http = httpx2.AsyncClient(auth=auth, timeout=30)
        async with http, Client(
            streamable_http_client(self.lab.mcp + "/mcp", http_client=http), **{"mode": self.mode, **options}
        ) as client:
            return await body(client)

    def metadata(self, **more):
        return OAuthClientMetadata(
            **{
                "client_name": "conformance",
                "redirect_uris": [f"http://127.0.0.1:{self.port}/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                **more,
            }
        )

    def provider(self, answer=None, url=None, **more):
        """`answer` changes what comes back by the redirect, as somebody in between could."""

        async def read():
            code, state = await self.person.read()
            result = {"code": code, "state": state, "iss": query(self.person.answer, "iss")}
            return AuthorizationCodeResult(**{**result, **(answer or {})})

        return OAuthClientProvider(
            server_url=self.lab.mcp + "/mcp",
            client_metadata=self.metadata(**more),
            storage=self.memory,
            redirect_handler=self.person.open,
            callback_handler=read,
            client_metadata_url=url,
        )

    async def signs_in(self, body=None, **options):
        async def call(client):
            assert "alice-gh" in (await client.call_tool("get_me", {})).content[0].text

        await self.client(body or call, self.provider(**options))

    async def gives_up(self, **options):
        """The client stops before it has a token."""
        failed = False
        try:
            await self.signs_in(**options)
        except BaseException as failure:  # an exception group, mostly
            failed = not isinstance(failure, (KeyboardInterrupt, asyncio.CancelledError))
        assert failed and not self.memory.tokens

    # MARK: what the lab says

    def served(self, party, path):
        with urllib.request.urlopen(self.lab.endpoints[party] + path) as answer:
            return json.load(answer)

    def resource(self, drop=(), **more):
        return {name: value for name, value in {**self.protected, **more}.items() if name not in drop}

    def issuer(self, drop=(), **more):
        return {name: value for name, value in {**self.authorizing, **more}.items() if name not in drop}

    def bare_challenge(self):
        """401 that does not say where the metadata is."""
        self.fault("mcp", "POST /mcp", {"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"}, first=1)

    def asked(self, name, place=0):
        return query(self.person.opened[place], name)


async def play(name, version, labs):
    await asyncio.wait_for(PLAYED[name](Stage(version, labs)), 60)


# MARK: - Messages


@played("initialize")
async def initialize(stage):
    stage.on("open")

    async def body(client):
        assert (await client.list_tools()).tools

    await stage.client(body)
    first = stage.messages()[0][1]
    assert first["method"] == "initialize" and first["params"]["protocolVersion"] == LEGACY
    assert first["params"]["clientInfo"]["name"] and "capabilities" in first["params"]


@played("tools_call")
async def tools_call(stage):
    stage.on("open")

    async def body(client):
        assert "test_simple_text" in [tool.name for tool in (await client.list_tools()).tools]
        assert (await client.call_tool("test_simple_text", {})).content[0].text

    await stage.client(body)
    assert [message["params"]["name"] for _, message in stage.messages() if message["method"] == "tools/call"]


@played("elicitation-sep1034-client-defaults")
async def elicitation_defaults(stage):
    """The server names a default of each type, and gets back what the client fills in."""
    stage.on("open")

    async def fill(_, params):
        fields = params.requested_schema["properties"]
        return types.ElicitResult(action="accept", content={name: field["default"] for name, field in fields.items()})

    async def body(client):
        text = (await client.call_tool("test_elicitation_sep1034_defaults", {})).content[0].text
        for value in ("John Doe", "30", "95.5", "active", "true"):
            assert value in text

    await stage.client(body, elicitation_callback=fill)


@played("sse-retry")
async def sse_retry(stage):
    """The stream ends before the answer; the client comes back with the last event's id, and not before its time."""
    lab = stage.on("open")

    async def body(client):
        began = time.monotonic()
        assert (await client.call_tool("test_reconnection", {})).content[0].text
        return time.monotonic() - began

    assert await stage.client(body) >= 0.1
    again = [e for e in stage.seen("mcp", "/mcp") if "last-event-id" in e["request"]["headers"]]
    assert [e["method"] for e in again] == ["GET"] and lab


@played("request-metadata")
async def request_metadata(stage):
    stage.on("open")
    refusal = {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {
            "code": -32022,
            "message": "Unsupported protocol version",
            "data": {"supported": [MODERN], "requested": MODERN},
        },
    }
    stage.fault("mcp", "POST /mcp", refusal, 400, first=1)

    async def body(client):
        assert (await client.list_tools()).tools

    try:
        await stage.client(body)
    except MCPError as error:  # whether it tries again after a refusal is the client's affair
        assert error.error.code == -32022
        await stage.client(body)
    for headers, message in stage.messages():
        meta = message["params"]["_meta"]
        assert headers["mcp-protocol-version"] == meta[META + "protocolVersion"] == MODERN
        assert meta[META + "clientInfo"]["name"] and META + "clientCapabilities" in meta


@played("sep-2322-client-request-state")
async def request_state(stage):
    stage.on("open")

    async def answer(_, params):
        return types.ElicitResult(action="accept", content={"ok": True, "name": "Alice", "confirmed": True})

    async def body(client):
        tools = ["test_input_required_result_request_state", "test_input_required_result_elicitation"]
        results = [await client.call_tool(name, {}) for name in tools]
        assert "state-ok" in results[0].content[0].text and not results[1].is_error

    await stage.client(body, elicitation_callback=answer)
    calls = [message for _, message in stage.messages() if message["method"] == "tools/call"]
    assert len(calls) == 4 and len({message["id"] for message in calls}) == 4
    # A state comes back where one was given, and nowhere else; nothing asked for has an answer yet.
    assert [bool(message["params"].get("requestState")) for message in calls] == [False, True, False, False]
    assert [bool(message["params"].get("inputResponses")) for message in calls] == [False, True, False, True]


@played("http-standard-headers")
async def standard_headers(stage):
    stage.on("open")

    async def body(client):
        await client.list_tools()
        await client.call_tool("test_simple_text", {})
        await client.read_resource("test://static-text")
        await client.get_prompt("test_simple_prompt")

    await stage.client(body)
    seen = set()
    for headers, message in stage.messages():
        assert headers["mcp-method"] == message["method"]
        name = message["params"].get("name") or message["params"].get("uri")
        assert headers.get("mcp-name") == name
        seen.add(message["method"])
    assert {"tools/list", "tools/call", "resources/read", "prompts/get"} <= seen


@played("http-custom-headers")
async def custom_headers(stage):
    stage.on("open")
    regions = ["us-west1", "Grüße", " padded ", "", None]

    async def body(client):
        await client.list_tools()
        for region in regions:
            result = await client.call_tool("test_x_mcp_header", {} if region is None else {"region": region})
            assert f"region={'none' if region is None else region}" in result.content[0].text

    await stage.client(body)
    calls = [(headers, message) for headers, message in stage.messages() if message["method"] == "tools/call"]
    for (headers, _), region in zip(calls, regions, strict=True):
        value = headers.get("mcp-param-region")
        if value and value.startswith("=?base64?"):
            value = base64.b64decode(value.removeprefix("=?base64?").removesuffix("?=")).decode()
        assert value == region


@played("http-invalid-tool-headers")
async def invalid_tool_headers(stage):
    stage.on("open")

    def tool(name, *fields):
        properties = {f"p{n}": {"type": kind, "x-mcp-header": header} for n, (kind, header) in enumerate(fields)}
        schema = {"type": "object", "properties": properties}
        return {"name": name, "description": name, "inputSchema": schema}

    tools = [
        tool("valid_tool", ("string", "Region")),
        tool("empty_header", ("string", "")),
        tool("object_header", ("object", "Region")),
        tool("array_header", ("array", "Region")),
        tool("duplicate_header", ("string", "Region"), ("string", "region")),
        tool("space_in_header", ("string", "My Region")),
        tool("colon_in_header", ("string", "My:Region")),
        tool("non_ascii_header", ("string", "Région")),
        tool("control_in_header", ("string", "My\tRegion")),
    ]
    listed = {"resultType": "complete", "tools": tools, "ttlMs": 0, "cacheScope": "private"}
    stage.fault("mcp", "POST /mcp", {"jsonrpc": "2.0", "id": 1, "result": listed}, first=1)

    async def body(client):
        assert [found.name for found in (await client.list_tools()).tools] == ["valid_tool"]

    await stage.client(body, mode=MODERN)


@played("json-schema-ref-no-deref")
async def no_dereference(stage):
    lab = stage.on("open")
    schema = {"type": "object", "properties": {"where": {"$ref": lab.app + "/canary.json"}}}
    tools = [{"name": "remote_reference", "description": "A schema that lies elsewhere", "inputSchema": schema}]
    listed = {"resultType": "complete", "tools": tools, "ttlMs": 0, "cacheScope": "private"}
    stage.fault("mcp", "POST /mcp", {"jsonrpc": "2.0", "id": 1, "result": listed}, first=1)

    async def body(client):
        assert (await client.list_tools()).tools[0].name == "remote_reference"

    await stage.client(body, mode=MODERN)
    assert stage.seen("app") == []


@played("json-schema-2020-12-preservation")
async def schema_preservation(stage):
    stage.on("open")

    async def body(client):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        schema = tools["json_schema_2020_12_tool"].input_schema
        assert schema["$schema"] and schema["$defs"]["address"]["$anchor"] == "addressDef"
        assert schema["additionalProperties"] is False and "anyOf" in schema["allOf"][0]
        assert {"if", "then", "else"} <= set(schema)

    await stage.client(body)
