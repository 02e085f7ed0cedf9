"""Every MCP message that the lab sends in the whole library of scenarios, against the types that the SDK's authors
publish (`mcp-types`, pinned): answers of the gateway and of the MCP servers, what is said on their
streams, and what the gateway asks its targets, each by its own revision.
"""

import collections
import json
import re
import sqlite3
import subprocess

import mcp_types.jsonrpc as envelope
import mcp_types.methods as wire
import pytest
from conftest import BINARY, ROOT
from pydantic import TypeAdapter, ValidationError

CLIENTS = ["mcp2"]
LEGACY, MODERN = "2025-11-25", "2026-07-28"
META = "io.modelcontextprotocol/protocolVersion"
ENVELOPE = TypeAdapter(envelope.JSONRPCMessage)
SERVERS = ("gateway", "mcp")
# A lab's MCP server at its own address, and a gateway's.
ENDPOINT = re.compile(r"^(/gateways/[^/]+)?/mcp(/.*)?$")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    file = tmp_path_factory.mktemp("wire") / "run.sqlite"
    run = subprocess.run(
        [BINARY, "run", "scenarios", "--record", file], cwd=ROOT, timeout=300, capture_output=True, text=True
    )
    # Whether all hold is another test's question.
    assert run.returncode in (0, 4), run.stdout[-2000:] + run.stderr[-2000:]
    with sqlite3.connect(file) as database:
        database.row_factory = sqlite3.Row
        yield database


def parsed(text):
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None


def on_stream(text):
    """Messages in a body of server-sent events."""
    for line in (text or "").splitlines():
        if line.startswith("data:") and line.removeprefix("data:").strip():
            yield json.loads(line.removeprefix("data:"))


def revision(message):
    """2026-07-28 says itself what it is; the types do not tell older revisions apart, except by their methods."""
    declared = ((message.get("params") or {}).get("_meta") or {}).get(META) if isinstance(message, dict) else None
    return MODERN if declared == MODERN else LEGACY


def problem(message, revision, method, by_client=False):
    """What the types say against a message; nil if nothing."""
    try:
        ENVELOPE.validate_python(message)
        if "method" in message:
            kind = "request" if "id" in message else "notification"
            side = "client" if by_client else "server"
            getattr(wire, f"parse_{side}_{kind}")(message["method"], revision, message.get("params"))
        elif "result" in message and not by_client:
            wire.parse_server_result(method, revision, message["result"])
        elif "error" in message:
            assert message["error"]["message"]
    except (ValidationError, ValueError, KeyError, AssertionError) as failure:
        return f"{type(failure).__name__}: {failure}"
    return None


class Seen:
    """Judges every message of the library, and counts what it judged."""

    def __init__(self, database):
        self.count, self.methods, self.wrong = collections.Counter(), set(), []
        struck = {(row["scenario"], row["party"]) for row in database.execute("select * from fault")}
        # What was asked last under an id, for what is said on a stream later.
        self.asked = {}
        rows = database.execute(
            """select e.scenario, s.path as file, e.seq, e.sender, e.receiver, e.path, e.request, e.response,
                      null as data
                 from exchange e join scenario s on s.id = e.scenario
               union all
               select t.scenario, s.path, t.seq, t.sender, t.receiver, '/mcp', null, null, t.data
                 from streamed t join scenario s on s.id = t.scenario
               order by 1, 3"""
        )
        for row in rows:
            server = row["receiver"] if row["data"] is None else row["sender"]
            # A fault says whatever its scenario wants said.
            if server in SERVERS and ENDPOINT.match(row["path"]) and (row["scenario"], server) not in struck:
                self.read(row, server)

    def read(self, row, server):
        if row["data"] is not None:
            message = parsed(row["data"])
            method, era = self.asked.get((row["scenario"], row["receiver"], str(message.get("id"))), (None, LEGACY))
            return self.judge(row, server, message, era, method)
        request = parsed(row["request"])
        questions = [one for one in (request if isinstance(request, list) else [request]) if isinstance(one, dict)]
        methods = {}
        for question in questions:
            era, method = revision(question), question.get("method")
            methods[str(question.get("id"))] = method, era
            self.asked[(row["scenario"], row["sender"], str(question.get("id")))] = method, era
            if row["sender"] == "gateway":
                self.judge(row, "gateway as a client", question, era, method, by_client=True)
        response = parsed(row["response"])
        answers = response if isinstance(response, list) else [response] if response else on_stream(row["response"])
        for answer in answers:
            if "jsonrpc" not in answer:
                # Before MCP begins: AWS's own errors of a gateway that is not there or not ready, or refuses to hear.
                assert server == "gateway" and set(answer) == {"message"}, (row["file"], answer)
                continue
            method, era = methods.get(str(answer.get("id")), (None, LEGACY))
            self.judge(row, server, answer, era, method)

    def judge(self, row, server, message, era, method, by_client=False):
        self.count[server, era] += 1
        if "error" not in message:
            self.methods.add((server, era, message.get("method") or method))
        if why := problem(message, era, method, by_client):
            self.wrong.append((row["file"], row["seq"], message.get("method") or method, why))


def test_every_message_is_of_its_revision(library):
    seen = Seen(library)
    assert seen.wrong == []
    assert all(seen.count[server, era] >= 5 for server in SERVERS for era in (LEGACY, MODERN)), seen.count
    assert seen.count["gateway as a client", LEGACY] >= 100
    for server in SERVERS:
        said = {method for name, _, method in seen.methods if name == server}
        assert {"initialize", "tools/list", "tools/call", "server/discover"} <= said, (server, said)
    said = {method for name, _, method in seen.methods if name == "gateway"}
    assert {"elicitation/create", "sampling/createMessage", "notifications/progress", "prompts/get"} <= said


@pytest.mark.parametrize(
    "message,era,method",
    [
        ({"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "x"}]}}, LEGACY, "tools/list"),
        ({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "none"}]}}, LEGACY, "tools/call"),
        ({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}, MODERN, "tools/list"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"message": "no code"}}, LEGACY, None),
        ({"jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": {"message": "x"}}, MODERN, None),
        ({"jsonrpc": "2.0", "method": "notifications/none"}, LEGACY, None),
    ],
)
def test_the_judge_sees_what_is_wrong(message, era, method):
    assert problem(message, era, method)
