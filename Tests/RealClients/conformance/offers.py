"""Resources, prompts and lists."""

import json

from .kit import BOTH, LEGACY, MODERN, RPCError, events, scenario
from .utilities import is_base64


@scenario("resources-list", *BOTH)
async def resources_list(run):
    async with run.connect() as client:
        found = (await client.request("resources/list"))["resources"]
        run.check("resources-list", found and all(r["uri"] and r["name"] for r in found))


def read(name, uri, member, holds=bool):
    @scenario(name, *BOTH)
    async def body(run):
        async with run.connect() as client:
            content = (await client.request("resources/read", {"uri": uri}))["contents"][0]
            run.check(name, content["uri"] == uri and content["mimeType"] and holds(content[member]), content)


read("resources-read-text", "test://static-text", "text")
read("resources-read-binary", "test://static-binary", "blob", is_base64)
read("resources-templates-read", "test://template/123/data", "text", lambda text: "123" in text)


@scenario("resources-subscribe", LEGACY)
async def subscribe(run):
    async with run.connect() as client:
        run.check(
            "resources-subscribe", await client.request("resources/subscribe", {"uri": "test://watched-resource"}) == {}
        )


@scenario("resources-unsubscribe", LEGACY)
async def unsubscribe(run):
    async with run.connect() as client:
        params = {"uri": "test://watched-resource"}
        await client.request("resources/subscribe", params)
        run.check("resources-unsubscribe", await client.request("resources/unsubscribe", params) == {})


@scenario("sep-2164-resource-not-found", MODERN)
async def not_found(run):
    uri = "test://nonexistent-resource-for-conformance-testing"
    async with run.connect() as client:
        try:
            result = await client.request("resources/read", {"uri": uri})
            run.check("sep-2164-no-empty-contents", result.get("contents"))
            run.check("sep-2164-error-code", False, result)
        except RPCError as error:
            run.check("sep-2164-error-code", error.code == -32602, error)
            run.check("sep-2164-data-uri", error.data == {"uri": uri}, error.data)


@scenario("prompts-list", *BOTH)
async def prompts_list(run):
    async with run.connect() as client:
        found = (await client.request("prompts/list"))["prompts"]
        run.check("prompts-list", found and all(p["name"] and p["description"] for p in found))


def prompt(name, prompt_name, arguments, holds):
    @scenario(name, *BOTH)
    async def body(run):
        async with run.connect() as client:
            params = {"name": prompt_name, **({"arguments": arguments} if arguments else {})}
            messages = (await client.request("prompts/get", params))["messages"]
            run.check(
                name, messages and all(m["role"] and m["content"] for m in messages) and holds(messages), messages
            )


prompt("prompts-get-simple", "test_simple_prompt", None, bool)
prompt(
    "prompts-get-with-args",
    "test_prompt_with_arguments",
    {"arg1": "testValue1", "arg2": "testValue2"},
    lambda m: "testValue1" in str(m) and "testValue2" in str(m),
)
prompt(
    "prompts-get-embedded-resource",
    "test_prompt_with_embedded_resource",
    {"resourceUri": "test://example-resource"},
    lambda m: any(x["content"].get("resource", {}).get("uri") == "test://example-resource" for x in m),
)
prompt(
    "prompts-get-with-image",
    "test_prompt_with_image",
    None,
    lambda m: any(x["content"]["type"] == "image" and x["content"]["data"] and x["content"]["mimeType"] for x in m),
)


@scenario("caching", MODERN)
async def caching(run):
    async with run.connect() as client:
        for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"]:
            params = {"uri": "test://static-text"} if method == "resources/read" else None
            result = await client.request(method, params)
            ttl, scope = result.get("ttlMs"), result.get("cacheScope")
            run.check(f"sep-2549-{method.replace('/', '-')}-caching-hints", {"ttlMs", "cacheScope"} <= set(result))
            run.check("sep-2549-ttl-non-negative", type(ttl) is int and ttl >= 0, ttl)
            run.check("sep-2549-cache-scope-valid", scope in ("public", "private"), scope)


@scenario("json-schema-2020-12", *BOTH)
async def json_schema(run):
    async with run.connect() as client:
        tools = (await client.request("tools/list"))["tools"]
        schema = next(t for t in tools if t["name"] == "json_schema_2020_12_tool")["inputSchema"]
        run.check("json-schema-2020-12-$schema", schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        run.check("json-schema-2020-12-$defs", schema["$defs"]["address"]["$anchor"] == "addressDef")
        run.check("json-schema-2020-12-additionalProperties", schema["additionalProperties"] is False)
        run.check("sep-2106-composition-keywords-preserved", "anyOf" in schema["allOf"][0])
        run.check("sep-2106-conditional-keywords-preserved", {"if", "then", "else"} <= set(schema))


@scenario("server-sse-polling", LEGACY)
async def sse_polling(run):
    async with run.connect() as client:
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "test_reconnection", "arguments": {}},
        }
        seen = []
        async with client.http.stream("POST", run.url, json=body, headers=client.headers()) as response:
            async for event in events(response):
                seen.append(event)
        run.check("server-sse-priming-event", seen[0].get("id") and not seen[0].get("data"), seen)
        run.check("server-sse-retry-field", any("retry" in event for event in seen), seen)
        run.check("server-sse-disconnect", not any('"result"' in event.get("data", "") for event in seen), seen)
        last = [event["id"] for event in seen if "id" in event][-1]
        headers = client.headers(**{"Last-Event-ID": last, "Accept": "text/event-stream"})
        async with client.http.stream("GET", run.url, headers=headers) as response:
            async for event in events(response):
                message = json.loads(event.get("data") or "{}")
                if message.get("id") == 1:
                    run.check("server-sse-disconnect-resume", "result" in message)
                    return
        run.check("server-sse-disconnect-resume", False, "no result")
