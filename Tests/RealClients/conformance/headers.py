"""Headers that mirror the body."""

import asyncio
import json

from .kit import MODERN, scenario


@scenario("http-header-validation", MODERN)
async def header_validation(run):
    async with run.connect() as client:
        tool = {"name": run.prefix + "test_simple_text", "arguments": {}}
        for name, method, params, headers, accepted in [
            ("method-mismatch", "tools/list", {}, {"Mcp_Method": "prompts/list"}, False),
            ("method-missing", "tools/list", {}, {"Mcp_Method": None}, False),
            ("method-case", "tools/list", {}, {"Mcp_Method": "TOOLS/LIST"}, False),
            ("name-mismatch", "tools/call", tool, {"Mcp_Name": "other"}, False),
            ("name-missing", "tools/call", tool, {"Mcp_Name": None}, False),
            ("lower", "tools/list", {}, {"mcp_method": "tools/list"}, True),
            ("upper", "tools/list", {}, {"MCP_METHOD": "tools/list"}, True),
        ]:
            status, message, _ = await client.send(method, params, **headers)
            holds = status == 200 if accepted else status == 400 and message["error"]["code"] == -32020
            run.check(f"sep-2243-{name}", holds, (status, message))
        # No client library sends white space around a value, so this one goes out by hand.
        host = run.url.split("/")[2]
        path = "/" + run.url.split("/", 3)[3]
        body = json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {**tool, "_meta": client.meta()}}
        )
        headers = {**client.headers("tools/call", {}), "Host": host, "Content-Length": len(body), "Connection": "close"}
        head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        head += f"Mcp-Name:  \t {run.prefix}test_simple_text \t \r\n"
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n{body}".encode())
        answer = await reader.read()
        writer.close()
        run.check("sep-2243-space", answer.startswith(b"HTTP/1.1 200"), answer)


@scenario("http-custom-header-server-validation", MODERN)
async def custom_headers(run):
    async with run.connect() as client:
        for value, header, accepted in [
            ("Hello", "=?base64?SGVsbG8=?=", True),
            ("Hello", "=?base64?SGVsbG8?=", False),
            ("Hello", "=?base64?SGVs!!!bG8=?=", False),
            ("SGVsbG8=", "SGVsbG8=", True),
            ("=?base64?SGVsbG8=", "=?base64?SGVsbG8=", True),
            ("Hello", None, False),
        ]:
            params = {"name": "test_x_mcp_header", "arguments": {"region": value}}
            status, message, _ = await client.send("tools/call", params, Mcp_Param_Region=header)
            holds = status == 200 if accepted else status == 400 and message["error"]["code"] == -32020
            run.check(f"sep-2243-custom-{header}", holds, (status, message))
