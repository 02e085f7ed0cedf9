"""Requests that stand for themselves (2026-07-28)."""

import asyncio
import json

from .kit import META, MODERN, events, scenario


VERSION, CAPS, INFO = META + "protocolVersion", META + "clientCapabilities", META + "clientInfo"


@scenario("server-stateless", MODERN)
async def server_stateless(run):
    async with run.connect() as client:
        whole = client.meta({})
        for slug, missing in [("meta", None), ("protocol-version", VERSION), ("client-capabilities", CAPS)]:
            params = {} if missing is None else {"_meta": {k: v for k, v in whole.items() if k != missing}}
            status, message, _ = await client.raw("server/discover", params, id=101)
            run.check(f"sep-2575-request-meta-invalid-missing-{slug}", message["error"]["code"] == -32602, message)
            run.check("sep-2575-http-server-meta-invalid-400", status == 400, status)
            run.check("sep-2575-http-server-error-jsonrpc-id", message["id"] == 101, message)
        params = {"_meta": {k: v for k, v in whole.items() if k != INFO}}
        status, message, _ = await client.raw("server/discover", params)
        run.check("sep-2575-request-meta-client-info-optional", status == 200 and "result" in message, message)

        discovered = await client.request("server/discover")
        capabilities = discovered["capabilities"]
        run.check("sep-2575-server-implements-discover", MODERN in discovered["supportedVersions"], discovered)
        info = discovered["_meta"][META + "serverInfo"]
        run.check("sep-2575-server-identifies-in-result-meta", info["name"] and info["version"])
        await client.request("prompts/list")
        run.check("sep-2575-server-declares-prompts-in-discover", "prompts" in capabilities)
        names = [tool["name"] for tool in (await client.request("tools/list"))["tools"]]
        run.check("sep-2575-discover-capabilities-match-handlers", "tools" in capabilities and names)

        other = {"_meta": {**whole, VERSION: "v999.0.0"}}
        status, message, _ = await client.raw("server/discover", other, id=301, MCP_Protocol_Version="v999.0.0")
        data = message["error"].get("data", {})
        holds = data["supported"] and set(data["supported"]) <= set(discovered["supportedVersions"])
        run.check("sep-2575-server-unsupported-version-error", holds and data["requested"] == "v999.0.0", message)
        run.check("sep-2575-http-server-unsupported-version-400", status == 400, status)
        run.check("sep-2575-http-server-error-jsonrpc-id", message["id"] == 301, message)
        status, message, _ = await client.raw("server/discover", other)
        run.check(
            "sep-2575-http-server-header-mismatch-400", status == 400 and message["error"]["code"] == -32020, message
        )

        if not run.prefix:  # what the gateway itself offers needs nothing of a client
            call = {"name": "test_missing_capability", "arguments": {}, "_meta": whole}
            status, message, _ = await client.raw("tools/call", call, id=401)
            needed = message.get("error", {}).get("data", {}).get("requiredCapabilities")
            run.check(
                "sep-2575-server-rejects-undeclared-capability",
                needed == {"sampling": {}} and message["error"]["code"] == -32021,
                message,
            )
            run.check("sep-2575-missing-capability-http-400", status == 400, status)

        for method in [
            "initialize",
            "ping",
            "logging/setLevel",
            "resources/subscribe",
            "resources/unsubscribe",
            "unknown/method",
        ]:
            status, message, _ = await client.raw(method, {"_meta": whole})
            run.check(
                f"sep-2575-http-server-method-not-found-404-{method}",
                status == 404 and message["error"]["code"] == -32601,
                (status, message),
            )

        call = {"name": "test_streaming_elicitation", "arguments": {}, "_meta": client.meta({"elicitation": {}})}
        _, message, all = await client.raw("tools/call", call)
        alone = [m for m in all if "method" in m and not m["method"].startswith("notifications/")]
        run.check("sep-2575-http-server-no-independent-requests-on-stream", "result" in message and not alone, all)
        call = {"name": "test_logging_tool", "arguments": {}, "_meta": whole}
        _, message, all = await client.raw("tools/call", call)
        run.check(
            "sep-2575-server-no-log-without-loglevel",
            "result" in message and not any(m.get("method") == "notifications/message" for m in all),
            all,
        )
        call["_meta"] = {**whole, META + "logLevel": "info"}
        _, message, all = await client.raw("tools/call", call)
        run.check("log-with-loglevel", any(m.get("method") == "notifications/message" for m in all), all)

        if not capabilities["tools"].get("listChanged"):
            return
        frames = await listened(client, {"toolsListChanged": True}, "test_trigger_tool_change", 2)
        run.check(
            "sep-2575-server-sends-subscription-ack",
            frames[0]["method"] == "notifications/subscriptions/acknowledged",
            frames,
        )
        ids = {f["params"]["_meta"][META + "subscriptionId"] for f in frames}
        run.check("sep-2575-server-tags-subscription-id", ids == {77}, frames)
        run.check(
            "sep-2575-server-sends-tools-list-changed-on-subscription",
            frames[-1]["method"] == "notifications/tools/list_changed",
            frames,
        )
        frames = await listened(client, {"promptsListChanged": True}, "test_trigger_tool_change", 2)
        run.check("sep-2575-server-honors-notification-filter", len(frames) == 1, frames)
        frames = await listened(client, {"promptsListChanged": True}, "test_trigger_prompt_change", 2)
        run.check(
            "sep-2575-server-sends-prompts-list-changed-on-subscription",
            frames[-1]["method"] == "notifications/prompts/list_changed",
            frames,
        )


async def listened(client, wanted, trigger, most):
    """Frames of a listening stream, on which a change was made after the first one."""
    params = {"_meta": client.meta({}), "notifications": wanted}
    body = {"jsonrpc": "2.0", "id": 77, "method": "subscriptions/listen", "params": params}
    frames = []

    async def read():
        headers = client.headers("subscriptions/listen", params)
        async with client.http.stream("POST", client.url, json=body, headers=headers) as response:
            async for event in events(response):
                frames.append(json.loads(event["data"]))
                client.wire.message(frames[-1], "subscriptions/listen")
                if len(frames) == 1:
                    await client.send("tools/call", {"name": trigger, "arguments": {}}, {})
                if len(frames) == most:
                    return

    try:
        await asyncio.wait_for(read(), 1)
    except TimeoutError:
        pass
    return frames


ACCEPT = {"action": "accept", "content": {"name": "Alice"}}
SAMPLED = {"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m", "stopReason": "endTurn"}
ROOTS = {"roots": [{"uri": "file:///test/root", "name": "Test Root"}]}
ANSWERS = {"elicitation/create": ACCEPT, "sampling/createMessage": SAMPLED, "roots/list": ROOTS}
TOOL = "test_input_required_result_"


async def rounds(run, name, methods, checks, tool=None, state=False, text=None):
    """Calls until the result is there, answering what is asked."""
    async with run.connect() as client:
        params = {"name": tool or TOOL + name, "arguments": {}}
        first = await client.request("tools/call", params)
        asked = {r["method"] for r in first.get("inputRequests", {}).values()}
        holds = first["resultType"] == "input_required" and asked == set(methods)
        run.check(checks[0], holds and (not state or first["requestState"]), first)
        again = {**params, "inputResponses": {k: ANSWERS[r["method"]] for k, r in first["inputRequests"].items()}}
        if "requestState" in first:
            again["requestState"] = first["requestState"]
        second = await client.request("tools/call", again)
        run.check(
            checks[1], second["resultType"] == "complete" and (text or "") in second["content"][0]["text"], second
        )
        return first


def required(name, tool, methods, id, **options):
    @scenario(f"input-required-result-{name}", MODERN)
    async def body(run):
        first = await rounds(run, tool, methods, (f"sep-2322-{id}-incomplete", f"sep-2322-{id}-complete"), **options)
        if id == "elicitation":
            run.check("sep-2322-elicitation-key", "user_name" in first["inputRequests"])


required("basic-elicitation", "elicitation", ["elicitation/create"], "elicitation", text="Hello, Alice!")
required("basic-sampling", "sampling", ["sampling/createMessage"], "sampling", text="Paris")
required("basic-list-roots", "list_roots", ["roots/list"], "list-roots", text="file:///test/root")
required("request-state", "request_state", ["elicitation/create"], "request-state", state=True, text="state-ok")
required("multiple-input-requests", "multiple_inputs", list(ANSWERS), "multiple-inputs", state=True)


@scenario("input-required-result-multi-round", MODERN)
async def multi_round(run):
    async with run.connect() as client:
        params = {"name": TOOL + "multi_round", "arguments": {}}
        one = await client.request("tools/call", params)
        run.check("sep-2322-multi-round-r1", list(one["inputRequests"]) == ["step1"] and one["requestState"], one)
        two = await client.request(
            "tools/call", {**params, "inputResponses": {"step1": ACCEPT}, "requestState": one["requestState"]}
        )
        run.check(
            "sep-2322-multi-round-r2",
            list(two["inputRequests"]) == ["step2"] and two["requestState"] != one["requestState"],
            two,
        )
        color = {"action": "accept", "content": {"color": "blue"}}
        three = await client.request(
            "tools/call", {**params, "inputResponses": {"step2": color}, "requestState": two["requestState"]}
        )
        run.check("sep-2322-multi-round-r3", three["content"][0]["text"] == "Alice likes blue.", three)


@scenario("input-required-result-missing-input-response", MODERN)
async def missing_response(run):
    async with run.connect() as client:
        params = {"name": TOOL + "elicitation", "arguments": {}, "inputResponses": {"wrong_key": ACCEPT}}
        result = await client.request("tools/call", params)
        run.check("sep-2322-missing-response-rerequests", result["resultType"] == "input_required", result)


@scenario("input-required-result-non-tool-request", MODERN)
async def non_tool(run):
    async with run.connect() as client:
        params = {"name": "test_input_required_result_prompt"}
        first = await client.request("prompts/get", params)
        run.check(
            "sep-2322-non-tool-incomplete", first["resultType"] == "input_required" and first["inputRequests"], first
        )
        answer = {"action": "accept", "content": {"context": "test context"}}
        second = await client.request(
            "prompts/get", {**params, "inputResponses": {k: answer for k in first["inputRequests"]}}
        )
        run.check("sep-2322-non-tool-complete", "test context" in second["messages"][0]["content"]["text"], second)


@scenario("input-required-result-result-type", MODERN)
async def result_type(run):
    async with run.connect() as client:
        result = await client.request("tools/call", {"name": TOOL + "elicitation", "arguments": {}})
        run.check("sep-2322-result-type-included", result.get("resultType") == "input_required", result)


@scenario("input-required-result-unsupported-methods", MODERN)
async def unsupported_methods(run):
    async with run.connect() as client:
        for method in ["tools/list", "prompts/list"]:
            result = await client.request(method, {})
            run.check("sep-2322-not-on-unsupported-requests", result["resultType"] == "complete", result)


@scenario("input-required-result-tampered-state", MODERN)
async def tampered(run):
    async with run.connect() as client:
        params = {"name": TOOL + "tampered_state", "arguments": {}}
        first = await client.request("tools/call", params)
        again = {
            **params,
            "inputResponses": {k: ACCEPT for k in first["inputRequests"]},
            "requestState": first["requestState"] + "-TAMPERED",
        }
        _, message, _ = await client.send("tools/call", again)
        run.check("sep-2322-reject-tampered-state", message.get("error", {}).get("code") == -32602, message)


@scenario("input-required-result-capability-check", MODERN)
async def capability_check(run):
    async with run.connect() as client:
        _, message, _ = await client.send(
            "tools/call", {"name": TOOL + "capabilities", "arguments": {}}, {"sampling": {}}
        )
        asked = [r["method"] for r in message["result"]["inputRequests"].values()]
        run.check("sep-2322-respect-client-capabilities", asked == ["sampling/createMessage"], message)


@scenario("input-required-result-ignore-extra-params", MODERN)
async def extra_params(run):
    async with run.connect() as client:
        responses = {"user_name": ACCEPT, "unknown_extra_key": {"action": "accept", "content": {"foo": "bar"}}}
        result = await client.request(
            "tools/call", {"name": TOOL + "elicitation", "arguments": {}, "inputResponses": responses}
        )
        run.check("sep-2322-ignore-unexpected-params", result["resultType"] == "complete", result)


@scenario("input-required-result-validate-input", MODERN)
async def validate_input(run):
    async with run.connect() as client:
        for id, responses in [
            ("sep-2322-validate-input-responses", {"user_name": 12345}),
            ("sep-2322-error-on-protocol-error", None),
        ]:
            _, message, _ = await client.send(
                "tools/call", {"name": TOOL + "elicitation", "arguments": {}, "inputResponses": responses}
            )
            run.check(id, message.get("error", {}).get("code") == -32602, message)
