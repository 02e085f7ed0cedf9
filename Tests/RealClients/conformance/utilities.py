"""Life of a session, utilities, tools."""

import asyncio
import base64
import re

from .kit import BOTH, CLIENT, LEGACY, Stateless, scenario


@scenario("server-initialize", LEGACY)
async def server_initialize(run):
    async with run.connect() as client:
        run.check("server-initialize", client.info["protocolVersion"] == LEGACY and client.info["serverInfo"]["name"])
        run.check("server-session-id-visible-ascii", not client.id or re.fullmatch(r"[\x21-\x7E]+", client.id))


@scenario("ping", LEGACY)
async def ping(run):
    async with run.connect() as client:
        run.check("ping", await client.request("ping") == {})


@scenario("logging-set-level", LEGACY)
async def logging_set_level(run):
    async with run.connect() as client:
        run.check("logging-set-level", await client.request("logging/setLevel", {"level": "info"}) == {})


@scenario("completion-complete", *BOTH)
async def completion_complete(run):
    async with run.connect() as client:
        ref = {"type": "ref/prompt", "name": "test_prompt_with_arguments"}
        params = {"ref": ref, "argument": {"name": "arg1", "value": "test"}}
        result = await client.request("completion/complete", params)
        run.check("completion-complete", isinstance(result["completion"]["values"], list))


@scenario("server-session-lifecycle", LEGACY)
async def session_lifecycle(run):
    async with run.connect() as client:
        run.check("server-session-initialized-accepted", True)
        response = await client.http.delete(run.url, headers=client.headers())
        run.check("server-session-delete-accepted", 200 <= response.status_code < 300 or response.status_code == 405)
        body = {"jsonrpc": "2.0", "id": 9, "method": "tools/list"}
        if response.status_code < 300:
            response = await client.http.post(run.url, json=body, headers=client.headers())
            run.check("server-session-terminated-returns-404", response.status_code == 404, response.status_code)


@scenario("server-sse-multiple-streams", *BOTH)
async def multiple_streams(run):
    async with run.connect() as client:
        if run.version == LEGACY:
            run.check("server-sse-multiple-streams-session", client.id, "no session", "WARNING")
            headers, params = client.headers(Accept="text/event-stream, application/json"), {}
        else:
            headers = client.headers("tools/list", {}, Accept="text/event-stream, application/json")
            params = {"_meta": client.meta({})}

        async def post(id):
            body = {"jsonrpc": "2.0", "id": id, "method": "tools/list", "params": params}
            return await client.http.post(run.url, json=body, headers=headers)

        responses = await asyncio.gather(*[post(1000 + i) for i in range(3)])
        for response in responses:
            if response.headers["content-type"] == "application/json":
                run.wire.message(response.json(), "tools/list")
        run.check("server-accepts-multiple-post-streams", all(200 <= r.status_code < 300 for r in responses))
        run.check("server-sse-streams-functional", all('"tools"' in r.text for r in responses))


@scenario("dns-rebinding-protection", *BOTH)
async def dns_rebinding(run):
    if run.version == LEGACY:
        method = "initialize"
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT}
    else:
        method, params = "server/discover", {"_meta": Stateless.meta({})}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    host = run.url.split("/")[2]
    for id, name, expected in [
        ("localhost-host-rebinding-rejected", "evil.example.com", range(400, 500)),
        ("localhost-host-valid-accepted", host, range(200, 300)),
    ]:
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": run.version,
            "Mcp-Method": method,
            "Host": name,
            "Origin": f"http://{name}",
            **(run.extra or {}),
        }
        response = await run.http.post(run.url, json=body, headers=headers)
        run.check(id, response.status_code in expected, response.status_code)


# --- Tools


@scenario("tools-list", *BOTH)
async def tools_list(run):
    async with run.connect() as client:
        tools = (await client.request("tools/list"))["tools"]
        run.check("tools-list", tools and all(t["name"] and t["description"] and t["inputSchema"] for t in tools))
        bad = [t["name"] for t in tools if not re.fullmatch(r"[A-Za-z0-9_./-]{1,64}", t["name"])]
        run.check("tools-name-format", not bad, bad)


def call(name, tool, holds):
    @scenario(name, *BOTH)
    async def body(run):
        async with run.connect() as client:
            params = {"name": tool} if tool == "test_simple_text" else {"name": tool, "arguments": {}}
            result = await client.request("tools/call", params)
            run.check(name, holds(result), result)


def of(result, kind):
    return next((item for item in result["content"] if item["type"] == kind), None)


def is_base64(text):
    return bool(base64.b64decode(text, validate=True))


call("tools-call-simple-text", "test_simple_text", lambda r: of(r, "text")["text"])
call(
    "tools-call-image", "test_image_content", lambda r: is_base64(of(r, "image")["data"]) and of(r, "image")["mimeType"]
)
call(
    "tools-call-audio",
    "test_audio_content",
    lambda r: is_base64(of(r, "audio")["data"]) and of(r, "audio")["mimeType"] == "audio/wav",
)
call(
    "tools-call-embedded-resource",
    "test_embedded_resource",
    lambda r: {"uri", "mimeType", "text"} <= set(of(r, "resource")["resource"]),
)
call(
    "tools-call-mixed-content",
    "test_multiple_content_types",
    lambda r: of(r, "text") and of(r, "image") and of(r, "resource"),
)
call("tools-call-error", "test_error_handling", lambda r: r["isError"] is True and r["content"][0]["text"])


@scenario("tools-call-with-logging", LEGACY)
async def with_logging(run):
    async with run.connect() as client:
        await client.request("tools/call", {"name": "test_tool_with_logging", "arguments": {}})
        messages = [n for n in client.notifications if n["method"] == "notifications/message"]
        run.check("tools-call-with-logging", len(messages) >= 3, messages)


@scenario("tools-call-with-progress", *BOTH)
async def with_progress(run):
    async with run.connect() as client:
        params = {"name": "test_tool_with_progress", "arguments": {}, "_meta": {"progressToken": "progress-test-1"}}
        await client.request("tools/call", params)
        seen = [n["params"] for n in client.notifications if n["method"] == "notifications/progress"]
        steps = [p["progress"] for p in seen if p["progressToken"] == "progress-test-1"]
        run.check("tools-call-with-progress", len(steps) >= 3 and steps == sorted(steps), seen)


async def asked(run, tool, method, arguments, answer):
    """Calls a tool that asks the client: what it asked, and the result."""
    async with run.connect() as client:
        seen = []
        client.handlers[method] = lambda params: seen.append(params) or answer
        return seen, await client.request("tools/call", {"name": tool, "arguments": arguments})


@scenario("tools-call-sampling", LEGACY)
async def sampling(run):
    text = "This is a test response from the client"
    answer = {"role": "assistant", "content": {"type": "text", "text": text}, "model": "m", "stopReason": "endTurn"}
    seen, result = await asked(run, "test_sampling", "sampling/createMessage", {"prompt": "Test prompt"}, answer)
    run.check("tools-call-sampling", len(seen) == 1 and text in result["content"][0]["text"], result)
    run.check("tools-call-sampling", seen[0]["messages"][0]["content"]["text"] == "Test prompt", seen)


@scenario("tools-call-elicitation", LEGACY)
async def elicitation(run):
    answer = {"action": "accept", "content": {"username": "testuser", "email": "test@example.com"}}
    seen, result = await asked(run, "test_elicitation", "elicitation/create", {"message": "Who?"}, answer)
    run.check("tools-call-elicitation", len(seen) == 1 and "testuser" in result["content"][0]["text"], result)


@scenario("elicitation-sep1034-defaults", LEGACY)
async def defaults(run):
    content = {"name": "Jane Smith", "age": 25, "score": 88.0, "status": "inactive", "verified": False}
    answer = {"action": "accept", "content": content}
    seen, _ = await asked(run, "test_elicitation_sep1034_defaults", "elicitation/create", {}, answer)
    fields = seen[0]["requestedSchema"]["properties"]
    for id, field, kind, default in [
        ("string", "name", "string", "John Doe"),
        ("integer", "age", "integer", 30),
        ("number", "score", "number", 95.5),
        ("enum", "status", "string", "active"),
        ("boolean", "verified", "boolean", True),
    ]:
        holds = fields[field]["type"] == kind and fields[field]["default"] == default
        run.check(f"elicitation-sep1034-{id}-default", holds and (id != "enum" or default in fields[field]["enum"]))


@scenario("elicitation-sep1330-enums", LEGACY)
async def enums(run):
    content = {
        "untitledSingle": "option1",
        "titledSingle": "value1",
        "legacyEnum": "opt1",
        "untitledMulti": ["option1", "option2"],
        "titledMulti": ["value1", "value2"],
    }
    answer = {"action": "accept", "content": content}
    seen, _ = await asked(run, "test_elicitation_sep1330_enums", "elicitation/create", {}, answer)
    p = seen[0]["requestedSchema"]["properties"]

    def titled(options):
        return all(isinstance(o["const"], str) and isinstance(o["title"], str) for o in options)

    a, b, c, d, e = (
        p[name] for name in ("untitledSingle", "titledSingle", "legacyEnum", "untitledMulti", "titledMulti")
    )
    run.check(
        "elicitation-sep1330-untitled-single",
        a["type"] == "string" and a["enum"] and not {"oneOf", "enumNames"} & set(a),
    )
    run.check("elicitation-sep1330-titled-single", b["type"] == "string" and titled(b["oneOf"]) and "enum" not in b)
    run.check("elicitation-sep1330-legacy-enumnames", c["type"] == "string" and len(c["enum"]) == len(c["enumNames"]))
    run.check(
        "elicitation-sep1330-untitled-multi",
        d["type"] == "array" and d["items"]["type"] == "string" and d["items"]["enum"] and "anyOf" not in d["items"],
    )
    run.check(
        "elicitation-sep1330-titled-multi",
        e["type"] == "array" and titled(e["items"]["anyOf"]) and "enum" not in e["items"],
    )
