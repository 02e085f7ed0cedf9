"""Callers who mean no good: the memory stays bounded, and everybody else is answered.

A long run: `ROBUST_CONNECTIONS=10000 ROBUST_BODIES=400 python -m pytest Tests/RealClients/test_robust.py --client mcp1`.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import urllib.parse

import pytest
import serving
from conftest import BINARY, ROOT
from test_bad_input import send

CLIENTS = ["mcp1"]

CONNECTIONS = int(os.environ.get("ROBUST_CONNECTIONS", "2000"))
BODIES = int(os.environ.get("ROBUST_BODIES", "60"))
PARTIES = ["aws", "gateway", "idp", "github", "mcp", "app", "console"]


class Served:
    """A lab of its own, so that its memory and files can be told."""

    def __init__(self, folder, files=None):
        self.endpoints_file = folder / "endpoints.json"
        limit = f"ulimit -n {files}; " if files else ""
        self.process = subprocess.Popen(
            ["sh", "-c", limit + 'exec "$@"', "sh", BINARY, "serve", "--port-base", "0", "--quiet"]
            + ["--endpoints-file", str(self.endpoints_file)],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        self.origins = serving.ready(self.process, self.endpoints_file)

    def connect(self, party):
        address = urllib.parse.urlsplit(self.origins[party])
        client = socket.create_connection((address.hostname, address.port), timeout=120)
        return client

    def host(self, party):
        return urllib.parse.urlsplit(self.origins[party]).netloc

    def status(self, name):
        """A figure of /proc/PID/status, in kilobytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    @property
    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def answers_everybody(self):
        for party in PARTIES:
            status, text, _ = send(self.origins[party], "GET", "/_local/health")
            assert status == 200, (party, text)

    def forgets_connections(self, before):
        """Asks until the files are closed of which the clients have ended; the run's own limit ends it if they never are."""
        for _ in range(5_000):
            self.answers_everybody()
            if self.files <= before + 2:
                return
        assert self.files <= before + 2


@pytest.fixture
def served(tmp_path):
    lab = Served(tmp_path)
    yield lab
    lab.answers_everybody()
    lab.process.terminate()
    assert lab.process.wait(timeout=30) == 0


@contextlib.contextmanager
def opened(served, count, said):
    """So many connections, one after the other to each port; each has said something."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 500)), hard))
    clients = []
    try:
        for place in range(min(count, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 400)):
            client = served.connect(PARTIES[place % len(PARTIES)])
            clients.append(client)
            client.sendall(said(PARTIES[place % len(PARTIES)]))
        yield clients
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousands_of_connections_that_say_nothing(served):
    served.answers_everybody()
    before, files = served.status("VmRSS"), served.files
    with opened(served, CONNECTIONS, lambda party: b"") as clients:
        served.answers_everybody()
        assert served.files >= len(clients)
        grown = served.status("VmRSS") - before
        assert grown < len(clients) * 40 + 20_000, f"{grown / len(clients):.1f} KB for each connection"
        print(f"{len(clients)} connections: {grown} KB more")
    served.forgets_connections(files)


def test_slow_loris(served):
    """Heads and bodies that come byte by byte."""
    half = [b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Length: 6000000\r\n\r\n{"]
    files = served.files

    def said(party):
        return half[len(party) % 2].replace(b"%s", served.host(party).encode())

    with opened(served, 300, said) as clients:
        for _ in range(10):
            for client in clients:
                client.sendall(b"a")
            served.answers_everybody()
    served.forgets_connections(files)


def test_half_open(served):
    """A client that ends its side in the middle of a request hears that the connection ends."""
    host = served.host("aws")
    for beginning in ["GET / HT", "GET / HTTP/1.1\r\nHost:", f"POST /gateways/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\n{{"]:
        with served.connect("aws") as client:
            client.sendall(beginning.encode())
            client.shutdown(socket.SHUT_WR)
            heard = b"".join(iter(lambda: client.recv(4096), b""))
            assert b" 200 " not in heard
    # A whole request and then the end is one that is answered.
    with served.connect("aws") as client:
        client.sendall(f"GET /gateways/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        client.shutdown(socket.SHUT_WR)
        assert b" 200 " in client.recv(4096)


def test_bodies_of_six_megabytes(served):
    """Refused and accepted ones at once: what is held at a time is bounded, and none of the refused is kept."""
    body = b'{"name":"' + b"a" * (6 << 20) + b'"}'
    served.answers_everybody()
    before = served.status("VmRSS")

    def post(place):
        party, path = [("aws", "/identities/CreateWorkloadIdentity"), ("mcp", "/mcp"), ("idp", "/oauth2/token")][place % 3]
        return send(served.origins[party], "POST", path, body, Content_Type="application/json")[0]

    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        codes = list(pool.map(post, range(BODIES)))
    assert all(400 <= code < 500 for code in codes), codes
    grown = served.status("VmHWM") - before
    print(f"{BODIES} bodies: {grown} KB more at most")
    assert grown < 300_000


def test_pipelining(served):
    """Many requests at once on a connection: each is answered, in their order, while nobody reads."""
    count = 3_000
    host = served.host("aws")
    asked = b"".join(
        f"POST /identities/GetWorkloadIdentity HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        for body in (json.dumps({"name": f"nobody-{number}"}) for number in range(count))
    )
    with served.connect("aws") as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        # The lab stops reading when nobody takes its answers, so somebody else has to write.
        writing = pool.submit(client.sendall, asked)
        served.answers_everybody()
        heard = b""
        while heard.count(b"HTTP/1.1 404") < count:
            part = client.recv(1 << 16)
            assert part, f"ended after {heard.count(b'HTTP/1.1')} answers"
            heard += part
        writing.result()
    places = [heard.find(f"nobody-{number}".encode()) for number in (0, 1500, 2999)]
    assert places == sorted(places) and -1 not in places


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(50_000)) + b"\r\n",
        b"\x00" * 1_000_000,
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n" + b"f" * 1_000_000,
    ],
    ids=["line", "field", "fields", "zeros", "chunk"],
)
def test_floods_of_headers(served, head):
    """Refused or cut off before it is all there; never answered as a request."""
    before = served.status("VmRSS")
    for _ in range(20):
        with served.connect("github") as client:
            heard = b""
            with contextlib.suppress(ConnectionError):
                client.sendall(head)
                client.shutdown(socket.SHUT_WR)
                heard = b"".join(iter(lambda: client.recv(4096), b""))
            assert heard == b"" or heard.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), heard[:100]
    assert served.status("VmRSS") - before < 60_000
    served.answers_everybody()


def test_no_port_is_lost_when_files_run_out(tmp_path):
    """More connections than the process may have files: those that are there are answered, later ones when some end."""
    lab = Served(tmp_path, files=160)
    lab.answers_everybody()
    with opened(lab, 400, lambda party: b"GET / HTTP/1.1\r\n"):
        pass
    for _ in range(20):
        lab.answers_everybody()
    lab.process.terminate()
    assert lab.process.wait(timeout=30) == 0
