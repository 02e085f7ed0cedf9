"""The server scenarios of the official conformance suite, by their ids, with the checks that suite makes.

github.com/modelcontextprotocol/conformance, v0.2.0-alpha.11. Every message of the server is also held against the types
that `mcp-types` has for the revision; with `CONFORMANCE_SCHEMAS=DIR` (the suite's `src/spec-types`) against the
specification's own JSON schemas too, as the suite does.
"""

import asyncio
import json
import os
import pathlib
import re

import httpx2
import mcp_types.methods as wire

LEGACY, MODERN = "2025-11-25", "2026-07-28"
META = "io.modelcontextprotocol/"
CLIENT = {"name": "conformance-test-client", "version": "1.0.0"}
CAPABILITIES = {"sampling": {}, "elicitation": {}, "roots": {"listChanged": True}}


class RPCError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.data = error["code"], error.get("data")


class Wire:
    """Holds what the server says against the revision's schema."""

    def __init__(self, version):
        self.version, self.mistakes, self.count = version, [], 0
        folder = os.environ.get("CONFORMANCE_SCHEMAS")
        self.schema = None
        if folder:
            name = "draft" if version == MODERN else version
            self.schema = json.loads((pathlib.Path(folder) / f"{name}.schema.json").read_text())
            for prop in ("minimum", "maximum", "default"):
                # Errata of the published schema, as the suite patches them.
                number = self.schema["$defs"].get("NumberSchema", {}).get("properties", {}).get(prop, {})
                if number.get("type") == "integer":
                    number["type"] = "number"

    def message(self, message, method=None):
        self.count += 1
        try:
            if "method" in message:
                parse = wire.parse_server_request if "id" in message else wire.parse_server_notification
                parse(message["method"], self.version, message.get("params"))
            elif "result" in message and method:
                wire.parse_server_result(method, self.version, message["result"])
        except Exception as failure:  # pydantic's and the version gate's
            self.mistakes.append(f"{method or message.get('method')}: {failure}")
        if self.schema:
            self.mistakes += self.against_schema(message, method)

    def against_schema(self, message, method):
        import jsonschema

        defs = self.schema["$defs"]
        by_method = {}
        for name, definition in defs.items():
            const = definition.get("properties", {}).get("method", {}).get("const")
            if const and not re.match("(Client|Server)(Request|Notification|Result|Message)$", name):
                by_method[const] = name
        checks = []
        if "method" in message:
            fallback = "JSONRPCRequest" if "id" in message else "JSONRPCNotification"
            checks.append((by_method.get(message["method"], fallback), message))
        elif "error" in message:
            checks.append(("JSONRPCErrorResponse" if "JSONRPCErrorResponse" in defs else "JSONRPCError", message))
        else:
            request = by_method.get(method, "")
            name = request[: -len("Request")] + "Result" if request.endswith("Request") else None
            if message["result"].get("resultType") == "input_required":
                name = "InputRequiredResult"
            if name in defs:
                checks.append((name, message["result"]))
            checks.append(("JSONRPCResultResponse" if "JSONRPCResultResponse" in defs else "JSONRPCResponse", message))
        found = []
        for name, value in checks:
            validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": defs})
            found += [f"{name} {list(error.path)}: {error.message}" for error in validator.iter_errors(value)]
        return found


async def events(response):
    """Messages of a stream with the fields of their events, as they come."""
    fields = {}
    async for line in response.aiter_lines():
        if not line:
            if fields:
                yield fields
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = fields.get(name, "") + value.removeprefix(" ")


def renamed(method, params, prefix):
    """The same request to a gateway, whose tools and prompts carry their target's name."""
    if prefix and params and method in ("tools/call", "prompts/get") and isinstance(params.get("name"), str):
        return {**params, "name": prefix + params["name"]}
    if prefix and method == "completion/complete" and "name" in params["ref"]:
        return {**params, "ref": {**params["ref"], "name": prefix + params["ref"]["name"]}}
    return params


class Session:
    """A client with a handshake, as the suite's SDK drives it."""

    def __init__(self, http, url, wire_check, capabilities=None, headers=None, prefix=""):
        self.prefix = prefix
        self.http, self.url, self.wire = http, url, wire_check
        self.capabilities = {"sampling": {}, "elicitation": {}} if capabilities is None else capabilities
        self.extra, self.id, self.last = headers or {}, None, 0
        self.notifications, self.handlers, self.listening = [], {}, None

    def headers(self, **more):
        headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json", **self.extra}
        if self.id:
            headers["Mcp-Session-Id"] = self.id
        if self.last:
            headers["MCP-Protocol-Version"] = LEGACY
        return {**headers, **more}

    async def __aenter__(self):
        params = {"protocolVersion": LEGACY, "capabilities": self.capabilities, "clientInfo": CLIENT}
        body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
        response = await self.http.post(self.url, json=body, headers=self.headers())
        response.raise_for_status()
        self.id = response.headers.get("mcp-session-id")
        message = response.json()
        self.wire.message(message, "initialize")
        self.info, self.last = message["result"], 1
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await self.http.post(self.url, json=note, headers=self.headers())).status_code == 202
        if self.id:
            self.listening = asyncio.create_task(self.listen())
        return self

    async def listen(self):
        """The standing stream, which the SDK opens as soon as there is a session."""
        async with self.http.stream("GET", self.url, headers=self.headers()) as response:
            if response.status_code == 200:
                async for event in events(response):
                    if event.get("data"):
                        await self.take(json.loads(event["data"]), None)

    async def __aexit__(self, *_):
        if self.listening:
            self.listening.cancel()
        if self.id:
            await self.http.delete(self.url, headers=self.headers())

    async def take(self, message, method):
        self.wire.message(message, method)
        if "method" not in message:
            return message
        if "id" not in message:
            self.notifications.append(message)
            return None
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": self.handlers[message["method"]](message["params"])}
        response = await self.http.post(self.url, json=answer, headers=self.headers())
        assert response.status_code == 202, response.text
        return None

    async def request(self, method, params=None):
        self.last += 1
        params = renamed(method, params, self.prefix)
        body = {"jsonrpc": "2.0", "id": self.last, "method": method}
        if params is not None:
            body["params"] = params
        async with self.http.stream("POST", self.url, json=body, headers=self.headers()) as response:
            message = None
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                async for event in events(response):
                    if event.get("data") and (found := await self.take(json.loads(event["data"]), method)):
                        message = found
            else:
                await response.aread()
                message = await self.take(response.json(), method)
        assert message["id"] == body["id"]
        if "error" in message:
            raise RPCError(message["error"])
        return message["result"]


class Stateless:
    """A client whose requests stand for themselves."""

    def __init__(self, http, url, wire_check, headers=None, prefix=""):
        self.prefix = prefix
        self.http, self.url, self.wire, self.extra = http, url, wire_check, headers or {}
        self.notifications, self.last = [], 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    def headers(self, method, params, **more):
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": method,
            **self.extra,
        }
        key = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}.get(method)
        if key and isinstance((params or {}).get(key), str):
            headers["Mcp-Name"] = params[key]
        for name, value in more.items():
            name = name.replace("_", "-")
            headers = {k: v for k, v in headers.items() if k.lower() != name.lower()}
            if value is not None:
                headers[name] = value
        return headers

    @staticmethod
    def meta(capabilities=None, **more):
        return {
            META + "protocolVersion": MODERN,
            META + "clientInfo": CLIENT,
            META + "clientCapabilities": CAPABILITIES if capabilities is None else capabilities,
            **more,
        }

    async def raw(self, method, params, id=None, check=True, **headers):
        """(status, message, messages): nothing is added to the body."""
        self.last += 1
        params = renamed(method, params, self.prefix)
        body = {"jsonrpc": "2.0", "id": id or self.last, "method": method, "params": params}
        async with self.http.stream(
            "POST", self.url, json=body, headers=self.headers(method, params, **headers)
        ) as response:
            found, all = None, []
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                async for event in events(response):
                    all.append(json.loads(event["data"]))
                    if all[-1].get("id") == body["id"]:
                        break
                found = next((m for m in all if m.get("id") == body["id"]), None)
            else:
                await response.aread()
                if response.content:
                    found = response.json()
                    all = [found]
        if check:
            for message in all:
                self.wire.message(message, method)
        return response.status_code, found, all

    async def send(self, method, params=None, capabilities=None, **headers):
        params = dict(params or {})
        params["_meta"] = {**self.meta(capabilities), **params.get("_meta", {})}
        return await self.raw(method, params, **headers)

    async def request(self, method, params=None):
        _, message, all = await self.send(method, params)
        self.notifications += [m for m in all if "method" in m]
        if "error" in message:
            raise RPCError(message["error"])
        return message["result"]


class Run:
    """One scenario under one revision: its checks as (id, status, why)."""

    def __init__(self, version, url, http, headers=None, prefix=""):
        self.prefix = prefix
        self.version, self.url, self.http, self.extra = version, url, http, headers
        self.wire, self.checks = Wire(version), []

    def connect(self):
        if self.version == MODERN:
            return Stateless(self.http, self.url, self.wire, self.extra, self.prefix)
        return Session(self.http, self.url, self.wire, headers=self.extra, prefix=self.prefix)

    def check(self, id, holds, why="", severity="FAILURE"):
        self.checks.append((id, "SUCCESS" if holds else severity, "" if holds else str(why)))

    @property
    def failed(self):
        found = [check for check in self.checks if check[1] != "SUCCESS"]
        if self.wire.mistakes:
            found.append(("wire-schema-valid", "FAILURE", "; ".join(self.wire.mistakes)))
        return found


SCENARIOS = {}


def scenario(name, *versions):
    def keep(body):
        for version in versions:
            SCENARIOS[(name, version)] = body
        return body

    return keep


BOTH = (LEGACY, MODERN)


REQUIRED = {
    LEGACY: """server-initialize logging-set-level ping completion-complete tools-list tools-call-simple-text
        tools-call-image tools-call-audio tools-call-embedded-resource tools-call-mixed-content
        tools-call-with-logging tools-call-error tools-call-with-progress tools-call-sampling
        tools-call-elicitation elicitation-sep1034-defaults server-sse-multiple-streams
        elicitation-sep1330-enums resources-list resources-read-text resources-read-binary
        resources-templates-read resources-subscribe resources-unsubscribe prompts-list prompts-get-simple
        prompts-get-with-args prompts-get-embedded-resource prompts-get-with-image dns-rebinding-protection""".split(),
    MODERN: """server-stateless completion-complete tools-list tools-call-simple-text tools-call-image tools-call-audio
        tools-call-embedded-resource tools-call-mixed-content tools-call-error tools-call-with-progress
        server-sse-multiple-streams resources-list resources-read-text resources-read-binary
        resources-templates-read sep-2164-resource-not-found prompts-list prompts-get-simple
        prompts-get-with-args prompts-get-embedded-resource prompts-get-with-image dns-rebinding-protection
        caching input-required-result-basic-elicitation input-required-result-basic-sampling
        input-required-result-basic-list-roots input-required-result-request-state
        input-required-result-multiple-input-requests input-required-result-multi-round
        input-required-result-missing-input-response input-required-result-non-tool-request
        input-required-result-result-type input-required-result-unsupported-methods
        input-required-result-tampered-state input-required-result-capability-check
        input-required-result-ignore-extra-params input-required-result-validate-input""".split(),
}


async def perform(name, version, url, headers=None, prefix=""):
    """Runs one scenario; its Run, with an exception as a failed check."""
    async with httpx2.AsyncClient(timeout=10) as http:
        run = Run(version, url, http, headers, prefix)
        try:
            await asyncio.wait_for(SCENARIOS[(name, version)](run), 20)
        except Exception as failure:
            run.check(name, False, f"{type(failure).__name__}: {failure}")
        return run
