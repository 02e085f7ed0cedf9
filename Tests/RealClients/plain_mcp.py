"""MCP over plain HTTP, as AWS's own samples do it: no SDK, no handshake."""

import json
import urllib.error
import urllib.request


def call(url, token, method, params=None, id=1, version="2025-11-25", **headers):
    """Status, parsed body and headers of one MCP request."""
    message = {"jsonrpc": "2.0", "id": id, "method": method}
    if params is not None:
        message["params"] = params
    send = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if version:
        send["MCP-Protocol-Version"] = version
    if token:
        send["Authorization"] = f"Bearer {token}"
    send.update({name.replace("_", "-"): value for name, value in headers.items()})
    request = urllib.request.Request(url, data=json.dumps(message).encode(), headers=send)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text.startswith(b"{") else text, error.headers


def tool(url, token, name, arguments=None, **options):
    meta = options.pop("meta", None)
    params = {"name": name, "arguments": arguments or {}}
    if meta:
        params["_meta"] = meta
    return call(url, token, "tools/call", params, **options)


def consent_url(body):
    """The URL of the one elicitation of a -32042."""
    assert body["error"]["code"] == -32042, body
    (elicitation,) = body["error"]["data"]["elicitations"]
    assert elicitation["mode"] == "url"
    return elicitation["url"]
