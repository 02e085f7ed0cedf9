"""The transport row by row, over sockets, against both servers.

A row says the same of both unless it names one: the gateway has words of its own for some (ledger E32, E33, E42, E43).
"""

import http.client
import json
import urllib.parse

import pytest
from test_conformance import conformance_lab, endpoints, gateway_url  # noqa: F401

CLIENTS = ["mcp2"]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
META = "io.modelcontextprotocol/"


def ask(method, params=None, **more):
    message = {"jsonrpc": "2.0", "id": 1, "method": method, **more}
    return message if params is None else {**message, "params": params}


def stateless(method="tools/list", params=None, version="2026-07-28", meta=None):
    own = {META + "protocolVersion": version, META + "clientCapabilities": {}} if meta is None else meta
    return ask(method, {**(params or {}), "_meta": own})


class Server:
    def __init__(self, name, url):
        self.name = name
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.path = parts.hostname, parts.port, parts.path

    def send(self, body=PING, method="POST", path=None, session=None, **headers):
        fields = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        if session:
            fields["Mcp-Session-Id"] = session
        for name, value in headers.items():
            fields[name.replace("_", "-")] = value
        fields = {name: value for name, value in fields.items() if value is not None}
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        connection.request(method, self.path + (path or ""), content, fields)
        answer = connection.getresponse()
        is_stream = (answer.headers["Content-Type"] or "").startswith("text/event-stream")
        text = b"" if is_stream else answer.read()
        connection.close()
        return answer.status, text, answer.headers

    def begin(self, version="2025-11-25"):
        params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "rows", "version": "1"}}
        status, text, headers = self.send(ask("initialize", params))
        assert status == 200
        return headers["Mcp-Session-Id"], json.loads(text)["result"]


@pytest.fixture(params=["mcp", "gateway"])
def server(request, endpoints, gateway_url):  # noqa: F811
    return Server(request.param, endpoints["mcp"] + "/mcp" if request.param == "mcp" else gateway_url)


class Row:
    """`status` and `code` may be a pair: the MCP server's, and the gateway's."""

    def __init__(self, name, status, code=None, body=PING, method="POST", session=True, **headers):
        self.name, self.status, self.code, self.body = name, status, code, body
        self.method, self.session, self.headers = method, session, headers

    def wanted(self, value, server):
        return value[server == "gateway"] if isinstance(value, tuple) else value


HANDSHAKE = [
    Row("2 a request", 200),
    Row("3 a notification", 202, body={"jsonrpc": "2.0", "method": "notifications/initialized"}),
    Row("5 an answer to nothing", 400, -32600, body={"jsonrpc": "2.0", "id": "nobody", "result": {}}),
    Row("6 an unknown notification", 202, body={"jsonrpc": "2.0", "method": "notifications/nonsense"}),
    Row("7 only JSON is accepted", 406, (-32600, -32011), Accept="application/json"),
    Row("7 only a stream is accepted", 406, (-32600, -32011), Accept="text/event-stream"),
    Row("8 everything is accepted", 200, Accept="*/*"),
    Row("9 nothing is said of it", 406, (-32600, -32011), Accept=None),
    Row("10 another content type", 400, Content_Type="text/plain"),
    Row("11 a charset", 200, Content_Type="application/json; charset=utf-8"),
    Row("12 no JSON", 400, -32700, body=b"{"),
    Row("12 nothing", 400, -32700, body=b""),
    Row("12 no UTF-8", 400, -32700, body=b'{"jsonrpc":"2.0","id":1,"method":"\xff"}'),
    Row("13 no version of JSON-RPC", 400, -32600, body={"id": 1, "method": "ping"}),
    Row("13 a scalar", 400, -32600, body=7),
    Row("14 a batch", 400, -32600, body=[PING]),
    Row("14 an empty batch", 400, -32600, body=[]),
    Row("15 id null", 400, -32600, body=ask("ping", id=None)),
    Row("15 a fraction as id", 400, -32600, body=ask("ping", id=1.5)),
    Row("16 no session", 400, -32600, session=False),
    Row("17 an unknown session", 404, -32600, session="unknown"),
    Row("20 a revision nobody has", 400, (-32600, -32022), MCP_Protocol_Version="1999-01-01"),
    Row("21 another revision than agreed", 200, MCP_Protocol_Version="2025-06-18"),
    Row("22 no revision", 200, MCP_Protocol_Version=None),
    Row("24 initialize without params", 200, -32602, body=ask("initialize"), session=False),
    Row("26 an unknown method", 200, -32601, body=ask("nope/x")),
    Row("27 an unknown tool", 200, -32602, body=ask("tools/call", {"name": "invalid_tool_name"})),
    Row("29 no name of a tool", 200, -32602, body=ask("tools/call", {})),
    Row("30 a bad cursor", 200, -32602, body=ask("tools/list", {"cursor": "made-up"})),
    Row("params are a list", 200, -32602, body=ask("ping", [1])),
    Row("32 the standing stream", 200, body=None, method="GET"),
    Row("34 GET that takes no stream", 406, body=None, method="GET", Accept="application/json"),
    Row("35 GET without a session", 400, -32600, body=None, method="GET", session=False),
    Row("39 DELETE without a session", 400, -32600, body=None, method="DELETE", session=False),
    Row("41 PUT", 405, method="PUT"),
    Row("41 PATCH", 405, method="PATCH"),
    Row("44 a foreign host", 421, Host="evil.example.com"),
]


@pytest.mark.parametrize("row", HANDSHAKE, ids=lambda row: row.name)
def test_handshake(server, row):
    session = server.begin()[0] if row.session is True else row.session or None
    status, text, headers = server.send(row.body, row.method, session=session, **row.headers)
    assert status == row.wanted(row.status, server.name)
    code = row.wanted(row.code, server.name)
    if code is not None:
        error = json.loads(text)["error"]
        assert error["code"] == code and error["message"]
    elif status == 202:
        assert text == b""
    elif status == 405:
        assert headers["Allow"]
    # Whatever was wrong, the session lives on.
    if row.session is True:
        assert server.send(session=session)[0] == 200


def test_initialize(server):
    """1, 23, 25: a session each time, whatever header it carries; never an unknown revision."""
    first, result = server.begin("2026-07-28")
    assert result["protocolVersion"] == "2025-11-25"
    second, result = server.begin("2025-06-18")
    assert result["protocolVersion"] == "2025-06-18" and second != first


def test_a_session_that_ended(server):
    """38, 40: DELETE ends it, once."""
    session, _ = server.begin()
    assert server.send(None, "DELETE", session=session)[0] == 200
    assert server.send(session=session)[0] == 404
    assert server.send(None, "DELETE", session=session)[0] == 404


STATELESS = [
    Row("a request", 200, None, stateless()),
    Row("1 GET", 405, None, None, "GET"),
    Row("2 only JSON is accepted", 406, None, stateless(), Accept="application/json"),
    Row("3 no JSON", 400, -32700, b"{"),
    Row("4 a notification", 202, None, {"jsonrpc": "2.0", "method": "notifications/cancelled"}),
    Row("5 a batch", 400, -32600, [stateless()]),
    Row("5 an answer", 400, -32600, {"jsonrpc": "2.0", "id": 1, "result": {}}),
    Row("7 no _meta", 400, -32602, ask("tools/list", {})),
    Row("7 no capabilities", 400, -32602, stateless(meta={META + "protocolVersion": "2026-07-28"})),
    Row("8 no header of the version", 400, -32020, stateless(), MCP_Protocol_Version=None),
    Row("9 no header of the method", 400, -32020, stateless(), Mcp_Method=None),
    Row("9 another method", 400, -32020, stateless(), Mcp_Method="prompts/list"),
    Row("9 the method in capitals", 400, -32020, stateless(), Mcp_Method="TOOLS/LIST"),
    Row("10 no header of the name", 400, -32020, stateless("tools/call", {"name": "x"}), Mcp_Method="tools/call"),
    Row(
        "11 a version nobody has",
        400,
        -32022,
        stateless(version="v999.0.0"),
        MCP_Protocol_Version="v999.0.0",
    ),
    Row("13 ping is gone", 404, -32601, stateless("ping"), Mcp_Method="ping"),
    Row("13 initialize is gone", 404, -32601, stateless("initialize"), Mcp_Method="initialize"),
    Row("13 an unknown method", 404, -32601, stateless("none"), Mcp_Method="none"),
    Row("15 a bad cursor", 400, -32602, stateless(params={"cursor": "made-up"})),
]


@pytest.mark.parametrize("row", STATELESS, ids=lambda row: row.name)
def test_stateless(server, row):
    headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/list", **row.headers}
    status, text, _ = server.send(row.body, row.method, **headers)
    assert status == row.wanted(row.status, server.name)
    code = row.wanted(row.code, server.name)
    if code is not None:
        assert json.loads(text)["error"]["code"] == code
