"""Bad input is refused in the party's own dialect, nothing is stored, nothing is a 500."""

import http.client
import json
import socket
import urllib.parse

import pytest

CLIENTS = ["mcp1"]


def send(origin, method, path, body=b"", **headers):
    address = urllib.parse.urlsplit(origin)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


@pytest.mark.parametrize(
    "method, path, body, status, kind",
    [
        ("POST", "/identities/CreateWorkloadIdentity", b"{", 400, None),
        ("POST", "/identities/CreateWorkloadIdentity", b"[]", 400, None),
        ("POST", "/identities/CreateWorkloadIdentity", b'{"name":7}', 400, None),
        ("POST", "/identities/CreateWorkloadIdentity", b'{"name":"x"}', 400, "ValidationException"),
        ("POST", "/identities/CreateWorkloadIdentity", b"\xff\xfe", 400, None),
        ("POST", "/identities/CreateWorkloadIdentity", b"[" * 100_000, 400, None),
        ("POST", "/identities/DoSomethingElse", b"{}", 400, "ValidationException"),
        ("GET", "/nothing/here", b"", 400, "ValidationException"),
        ("GET", "/gateways/nobody-aaaaaaaaaa/", b"", 404, "ResourceNotFoundException"),
        ("POST", "/identities/CompleteResourceTokenAuth", b'{"sessionUri":"x","userIdentifier":{}}', 400, "ValidationException"),
    ],
)
def test_aws(lab, method, path, body, status, kind):
    answer = send(lab.aws, method, path, body, Content_Type="application/json")
    assert answer[0] == status, answer
    parsed = json.loads(answer[1])
    assert parsed["message"]
    assert answer[2]["x-amzn-ErrorType"]
    if kind:
        assert answer[2]["x-amzn-ErrorType"].startswith(kind)
    assert lab.control_plane.list_workload_identities()["workloadIdentities"] == []


def test_a_body_over_six_megabytes_is_refused_on_every_port(lab, world):
    body = b'{"name":"' + b"a" * (6 * 1024 * 1024 + 10) + b'"}'
    targets = [
        (lab.aws, "/identities/CreateWorkloadIdentity"),
        (world.gateway_url.removesuffix(urllib.parse.urlsplit(world.gateway_url).path), urllib.parse.urlsplit(world.gateway_url).path),
        (lab.idp, "/oauth2/token"),
        (lab.github, "/login/oauth/access_token"),
        (lab.mcp, "/mcp"),
        (lab.app, "/userIdentifier/token"),
        (lab.console, "/_local/sign-in"),
    ]
    for origin, path in targets:
        status, _, _ = send(origin, "POST", path, body, Content_Type="application/json")
        assert 400 <= status < 500, (origin, path, status)


@pytest.mark.parametrize(
    "body, code",
    [
        (b"", -32700), (b"{", -32700), (b"[]", -32600), (b"7", -32600), (b"{}", -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
    ],
)
def test_mcp(lab, world, body, code):
    token = lab.sign_in("alice")["accessToken"]
    path = urllib.parse.urlsplit(world.gateway_url).path
    status, text, _ = send(
        lab.gateway, "POST", path, body, Content_Type="application/json", Authorization=f"Bearer {token}",
        Accept="application/json, text/event-stream", MCP_Protocol_Version="2025-11-25",
    )
    assert status == 400
    assert json.loads(text)["error"]["code"] == code


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", "A" * 1_000_000])
def test_a_forged_token_is_refused(lab, world, token):
    path = urllib.parse.urlsplit(world.gateway_url).path
    status, text, headers = send(
        lab.gateway, "POST", path, b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', Content_Type="application/json",
        Accept="application/json, text/event-stream", **({"Authorization": f"Bearer {token}"} if token else {}),
    )
    assert status in (400, 401, 431), status  # a header that large does not pass the HTTP parser
    if len(token) < 100_000:
        assert json.loads(text)["error"]["code"] == -32001 and headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("POST", "/_local/sign-in", b"{", 400), ("POST", "/_local/sign-in", b'{"user":"nobody"}', 400),
        ("POST", "/_local/clock", b'{"advance":"soon"}', 400), ("GET", "/_local/nothing", b"", 404),
        ("DELETE", "/_local/journal", b"", 405), ("POST", "/_local/consent", b'{"url":"x","user":"alice"}', 400),
    ],
)
def test_control_api(lab, method, path, body, status):
    answer = send(lab.console, method, path, body, Content_Type="application/json")
    assert answer[0] == status, answer
    assert json.loads(answer[1])["error"]["message"]


def test_a_foreign_host_name_is_refused_on_every_port(lab):
    for party in ("aws", "gateway", "idp", "github", "mcp", "app", "console"):
        status, _, _ = send(lab.endpoints[party], "GET", "/_local/health", Host="evil.example")
        assert status == 421, party
        status, text, _ = send(lab.endpoints[party], "GET", "/_local/health")
        assert status == 200 and json.loads(text), party


@pytest.mark.parametrize("extra", ["", "Connection: keep-alive\r\n"])
def test_an_answer_to_http_1_0_ends_its_connection(lab, extra):
    """RFC 9112 section 9.3: such a client may know by nothing else that the answer is whole."""
    address = urllib.parse.urlsplit(lab.idp)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(f"GET /_local/health HTTP/1.0\r\nHost: {address.netloc}\r\n{extra}\r\n".encode())
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"}")
