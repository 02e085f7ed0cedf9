"""The transport row by row, over sockets, against both servers.

A row says the same of both unless it names one: the gateway has words of its own for some (ledger E32, E33, E42, E43).
Rows begin with their number in the table of situations: 1 to 50 for revisions with a handshake, 0 to 15 for 2026-07-28.
`test_no_row_is_missing` counts them.
"""

import asyncio
import http.client
import json
import urllib.parse

import pytest
from conformance import LEGACY, perform
from conftest import ROOT
from test_conformance import conformance_lab, endpoints, gateway_url, ready  # noqa: F401

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
        connection.putrequest(method, self.path + (path or ""), skip_host="Host" in fields)
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            for each in value if isinstance(value, list) else [value]:
                connection.putheader(name, each)
        connection.endheaders(content)
        answer = connection.getresponse()
        is_stream = (answer.headers["Content-Type"] or "").startswith("text/event-stream")
        text = b"" if is_stream else answer.read()
        connection.close()
        return answer.status, text, answer.headers

    def tool(self, name):
        return ("f___" if self.name == "gateway" else "") + name

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

    def __init__(self, name, status, code=None, body=PING, method="POST", session=True, path=None, **headers):
        self.path = path
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
    Row("24 initialize without clientInfo", 200, -32602, session=False,
        body=ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})),
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
    Row("41 HEAD", 405, body=None, method="HEAD"),
    Row("42 a page of another site", 403, Origin="http://evil.example.com"),
    Row("43 no page at all", 200, Origin=None),
    Row("44 a foreign host", 421, Host="evil.example.com"),
    Row("45 a slash behind the path", 200, path="/"),
    Row("49 a long body", 413, -32600, body=b" " * ((6 << 20) + 1)),
]


@pytest.mark.parametrize("row", HANDSHAKE, ids=lambda row: row.name)
def test_handshake(server, row):
    session = server.begin()[0] if row.session is True else row.session or None
    status, text, headers = server.send(row.body, row.method, row.path, session, **row.headers)
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


def test_an_answer_to_what_was_asked(server):
    """4: 202; the suite's scenario asks, answers and looks at the status."""
    url = f"http://{server.host}:{server.port}{server.path}"
    run = asyncio.run(perform("tools-call-elicitation", LEGACY, url, prefix=server.tool("")))
    assert run.checks and not run.failed


def test_arguments_that_do_not_fit(server):
    """28: a result that says so."""
    session, _ = server.begin()
    call = ask("tools/call", {"name": server.tool("test_elicitation"), "arguments": {}})
    status, text, _ = server.send(call, session=session)
    assert status == 200 and json.loads(text)["result"]["isError"] is True


@pytest.fixture
def plain_gateway(conformance_lab):  # noqa: F811
    """A gateway without sessions and streams."""
    control = conformance_lab.control_plane
    gateway = control.create_gateway(
        name="plain", roleArn="arn:aws:iam::111122223333:role/gw", protocolType="MCP", authorizerType="NONE"
    )
    ready(lambda: control.get_gateway(gatewayIdentifier=gateway["gatewayId"]))
    yield Server("gateway", gateway["gatewayUrl"])
    control.delete_gateway(gatewayIdentifier=gateway["gatewayId"])


def test_without_sessions(plain_gateway):
    """19: a session id is ignored; 33: GET is 405."""
    answer = plain_gateway.send(session="unknown", MCP_Protocol_Version="2025-11-25")
    assert answer[0] == 200 and "Mcp-Session-Id" not in answer[2]
    for method in ("GET", "DELETE"):
        status, _, headers = plain_gateway.send(None, method)
        assert status == 405 and headers["Allow"] == "POST"


def test_one_standing_stream(server):
    """36: a second one takes the place of the first, which ends; no message goes to both."""
    session, _ = server.begin()
    first = http.client.HTTPConnection(server.host, server.port, timeout=10)
    first.request("GET", server.path, headers={"Accept": "text/event-stream", "Mcp-Session-Id": session})
    older = first.getresponse()
    assert older.status == 200
    assert server.send(None, "GET", session=session)[0] == 200
    assert b'"jsonrpc"' not in older.read()
    first.close()


def test_overloaded(server, conformance_lab):  # noqa: F811
    """50: no lab is ever too busy; who wants to see it sets a fault."""
    answer = {"status": 503, "headers": {"Retry-After": "1"}}
    conformance_lab.control(
        "PUT", "/_local/faults", {"name": "busy", "party": server.name, "answer": answer, "first": 1}
    )
    status, _, headers = server.send()
    assert status == 503 and headers["Retry-After"] == "1"


STATELESS = [
    Row("a request", 200, None, stateless()),
    Row("0 a foreign host", 421, None, stateless(), Host="evil.example.com"),
    Row("0 a page of another site", 403, None, stateless(), Origin="http://evil.example.com"),
    Row("1 GET", 405, None, None, "GET"),
    Row("2 only JSON is accepted", 406, None, stateless(), Accept="application/json"),
    Row("3 no JSON", 400, -32700, b"{"),
    Row("4 a notification", 202, None, {"jsonrpc": "2.0", "method": "notifications/cancelled"}),
    Row("5 a batch", 400, -32600, [stateless()]),
    Row("5 an answer", 400, -32600, {"jsonrpc": "2.0", "id": 1, "result": {}}),
    Row("6 a method said twice", 400, -32020, stateless(), Mcp_Method=["tools/list", "prompts/list"]),
    Row("6 a version said twice", 400, -32020, stateless(), MCP_Protocol_Version=["2026-07-28", "2025-11-25"]),
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


def test_mirrored_arguments(server):
    """12: what a header mirrors is what the body says."""
    params = {"name": server.tool("test_x_mcp_header"), "arguments": {"region": "north"}}
    headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call", "Mcp_Name": params["name"]}
    body = stateless("tools/call", params)
    assert server.send(body, **headers, Mcp_Param_Region="north")[0] == 200
    for header in ("south", None):
        status, text, _ = server.send(body, **headers, Mcp_Param_Region=header)
        assert status == 400 and json.loads(text)["error"]["code"] == -32020


def test_a_capability_is_missing(endpoints):  # noqa: F811
    """14: 400 with what is needed."""
    server = Server("mcp", endpoints["mcp"] + "/mcp")
    headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call", "Mcp_Name": "test_missing_capability"}
    status, text, _ = server.send(stateless("tools/call", {"name": "test_missing_capability"}), **headers)
    error = json.loads(text)["error"]
    assert status == 400 and error["code"] == -32021 and error["data"] == {"requiredCapabilities": {"sampling": {}}}


# Rows that a test above has by hand, or a scenario or test elsewhere; a pair is for the MCP server and the gateway.
BY_HAND = {1, 4, 19, 23, 25, 28, 33, 36, 38, 40, 50}
BY_HAND_STATELESS = {12, 14}
STREAMS = "scenarios/mcp/a-standing-stream-is-taken-up-again.yaml"
ELSEWHERE = {
    18: ["scenarios/mcp-server/a-session-is-no-password.yaml", "scenarios/mcp/a-session-serves-its-user-alone.yaml"],
    19: ["scenarios/mcp-server/no-session-is-needed.yaml"],
    31: ["scenarios/flow/method-2.yaml"],  # of the gateway: GitHub's server asks for nothing by URL
    37: [STREAMS, "Tests/RealClients/conformance/utilities.py"],
    46: ["scenarios/mcp-server/unknown-tokens-are-refused.yaml", "scenarios/gateway/tokens-expire.yaml"],
    47: ["scenarios/mcp-server/missing-scopes-are-named.yaml", "scenarios/gateway/allowed-scopes.yaml"],
    48: ["scenarios/authorization-server"],
}


def test_no_row_is_missing():
    def numbers(rows):
        return {int(word) for row in rows if (word := row.name.split()[0]).isdigit()}

    assert numbers(HANDSHAKE) | BY_HAND | set(ELSEWHERE) == set(range(1, 51))
    assert numbers(STATELESS) | BY_HAND_STATELESS == set(range(16))
    for paths in ELSEWHERE.values():
        for path in paths:
            assert (ROOT / path).exists(), path
