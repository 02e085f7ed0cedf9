"""Bodies that no client should send, to both servers: each gets its exact error, and the session lives on.

A row is a body, the status and code of its answer and the id that comes back. Where a revision with a handshake and
2026-07-28 differ, the row says so.
"""

import json
import random

import pytest
from test_conformance import conformance_lab, endpoints, gateway_url  # noqa: F401
from test_transport_rows import META, server, stateless  # noqa: F401

CLIENTS = ["mcp2"]
DEEP = 10_000
HUGE = 1 << 63


def ping(id_text="1", **more):
    """`ping` with an id as it would stand in the text."""
    rest = "".join(f',"{name}":{text}' for name, text in more.items())
    return f'{{"jsonrpc":"2.0","id":{id_text},"method":"ping"{rest}}}'.encode()


def nested(opening, closing, inner=b"1"):
    return opening * DEEP + inner + closing * DEEP


CORPUS = [
    # Ids: a string or a whole number (MCP 2025-11-25, basic, requests).
    ("id null", ping("null"), 400, -32600, None),
    ("id fraction", ping("1.5"), 400, -32600, None),
    ("id true", ping("true"), 400, -32600, None),
    ("id list", ping("[1]"), 400, -32600, None),
    ("id object", ping('{"a":1}'), 400, -32600, None),
    ("id beyond 64 bits", ping(str(HUGE)), 400, -32600, None),
    ("id of 400 digits", ping("9" * 400), 400, -32700, None),
    ("id 1e400", ping("1e400"), 400, -32700, None),
    ("largest id", ping(str(HUGE - 1)), 200, None, HUGE - 1),
    ("smallest id", ping(str(-HUGE)), 200, None, -HUGE),
    ("id negative zero", ping("-0"), 200, None, 0),
    ("id empty text", ping('""'), 200, None, ""),
    ("id of 100,000 characters", ping('"' + "x" * 100_000 + '"'), 200, None, "x" * 100_000),
    ("id with an escaped null", ping('"a\\u0000b"'), 200, None, "a\0b"),
    # Params: an object.
    ("params list", ping(params="[]"), 200, -32602, 1),
    ("params text", ping(params='"x"'), 200, -32602, 1),
    ("params number", ping(params="1"), 200, -32602, 1),
    ("params false", ping(params="false"), 200, -32602, 1),
    ("params null", ping(params="null"), 200, None, 1),
    ("_meta list", ping(params='{"_meta":[1]}'), 200, None, 1),
    # What is and what is not a message.
    ("nothing", b"", 400, -32700, None),
    ("white space", b" \r\n\t ", 400, -32700, None),
    ("null", b"null", 400, -32600, None),
    ("true", b"true", 400, -32600, None),
    ("a number", b"7", 400, -32600, None),
    ("a text", b'"ping"', 400, -32600, None),
    ("an empty object", b"{}", 400, -32600, None),
    ("an empty list", b"[]", 400, -32600, None),
    ("a list of lists", b"[[]]", 400, -32600, None),
    ("jsonrpc 1.0", b'{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600, None),
    ("jsonrpc as a number", b'{"jsonrpc":2.0,"id":1,"method":"ping"}', 400, -32600, None),
    ("method number", b'{"jsonrpc":"2.0","id":1,"method":1}', 400, -32600, None),
    ("method null", b'{"jsonrpc":"2.0","id":1,"method":null}', 400, -32600, None),
    ("method empty", b'{"jsonrpc":"2.0","id":1,"method":""}', 400, -32600, None),
    ("result and error", b'{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}', 400, -32600, None),
    ("error without a code", b'{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}', 400, -32600, None),
    ("answer with a fraction as id", b'{"jsonrpc":"2.0","id":1.5,"result":{}}', 400, -32600, None),
    # Text.
    ("invalid UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"pi\xffng"}', 400, -32700, None),
    ("overlong UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xc0\xaf"}', 400, -32700, None),
    ("a surrogate as UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xed\xa0\x80"}', 400, -32700, None),
    ("half a surrogate escape", b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', 400, -32700, None),
    ("UTF-16", '{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16"), 400, -32700, None),
    ("a null byte behind", ping() + b"\0", 400, -32700, None),
    ("two messages", ping() + ping(), 400, -32700, None),
    ("a comma too many", b'{"jsonrpc":"2.0","id":1,"method":"ping",}', 400, -32700, None),
    ("single quotes", b"{'jsonrpc':'2.0','id':1,'method':'ping'}", 400, -32700, None),
    ("NaN", ping("NaN"), 400, -32700, None),
    ("a leading zero", ping("01"), 400, -32700, None),
    ("a control character in a text", b'{"jsonrpc":"2.0","id":1,"method":"pi\nng"}', 400, -32700, None),
    # Size and depth.
    ("6 MB", b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' + b"x" * (6 << 20) + b'"}}', 413, -32600, None),
    ("10,000 lists", nested(b"[", b"]"), 400, -32700, None),
    ("10,000 objects", nested(b'{"a":', b"}"), 400, -32700, None),
    ("10,000 lists that never end", b"[" * DEEP, 400, -32700, None),
    ("10,000 levels in the params", ping(params=nested(b'{"a":', b"}").decode()), 400, -32700, None),
    ("10,000 members", ping(params=json.dumps({f"m{n}": n for n in range(DEEP)})), 200, None, 1),
    # The same name twice: the last one counts, as in most parsers.
    ("two ids", b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', 200, None, 2),
    ("two methods", b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"nope/x"}', 200, -32601, 1),
    ("two params", ping(params='[],"params":{}'), 200, None, 1),
]


@pytest.mark.parametrize("row", CORPUS, ids=lambda row: row[0])
def test_corpus(server, row):  # noqa: F811
    _, body, status, code, id = row
    session, _ = server.begin()
    found, text, _ = server.send(body, session=session)
    answer = json.loads(text)
    assert found == status
    assert answer["id"] == id and answer.get("error", {}).get("code") == code
    assert server.send(session=session)[0] == 200


STATELESS = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/list"}
VERSION, CAPABILITIES = f'"{META}protocolVersion": ', f'"{META}clientCapabilities": '
# What 2026-07-28 makes of the corpus is the same, but that a message is read before its kind is told.
STATELESS_CORPUS = [
    ("id null", stateless(), '"id": 1', '"id": null', 400, -32600),
    ("id fraction", stateless(), '"id": 1', '"id": 1.5', 400, -32600),
    ("id beyond 64 bits", stateless(), '"id": 1', f'"id": {HUGE}', 400, -32600),
    ("params list", stateless(), '"params"', '"params": [], "other"', 400, -32602),
    ("no JSON", stateless(), "{", "", 400, -32700),
    ("_meta list", stateless(), '"_meta": {', '"_meta": [], "other": {', 400, -32602),
    ("version number", stateless(), VERSION + '"2026-07-28"', VERSION + "7", 400, -32602),
    ("capabilities list", stateless(), CAPABILITIES + "{}", CAPABILITIES + "[]", 400, -32602),
    ("method number", stateless(), '"tools/list"', "7", 400, -32600),
    ("two methods", stateless(), '"tools/list"', '"tools/list", "method": "prompts/list"', 400, -32020),
]


@pytest.mark.parametrize("row", STATELESS_CORPUS, ids=lambda row: row[0])
def test_stateless_corpus(server, row):  # noqa: F811
    _, body, old, new, status, code = row
    text = json.dumps(body)
    assert old in text
    found, answer, _ = server.send(text.replace(old, new, 1).encode(), **STATELESS)
    assert found == status and json.loads(answer)["error"]["code"] == code
    assert server.send(body, **STATELESS)[0] == 200


def mutated(body, chance):
    """Some bytes changed, left out, doubled or put elsewhere."""
    for _ in range(chance.randint(1, 4)):
        place, length = chance.randrange(len(body) + 1), chance.randint(1, 12)
        piece = body[place : place + length]
        body = chance.choice(
            [
                body[:place] + bytes([chance.randrange(256)]) + body[place + 1 :],
                body[:place] + body[place + length :],
                body[:place] + piece * 3 + body[place:],
                body[:place] + chance.choice([b"null", b"[", b"{", b'"', b"-1e9", b"\\u0000", b"\xff"]) + body[place:],
            ]
        )
    return body


@pytest.mark.parametrize("seed", range(4))
def test_changed_by_chance(server, seed):  # noqa: F811
    """Never a 5xx, always an answer of the protocol, and the session lives on."""
    chance = random.Random(seed)
    session, _ = server.begin()
    call = {"name": "test_simple_text", "arguments": {"a": [1, "x", None]}, "_meta": {"progressToken": "t"}}
    good = [
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        {"jsonrpc": "2.0", "id": "é", "method": "tools/list", "params": {"cursor": "x"}},
        {"jsonrpc": "2.0", "id": 2, "result": {"action": "accept", "content": {"name": "x"}}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        stateless("tools/call", {"name": "test_simple_text", "inputResponses": {"a": {}}, "requestState": "s"}),
    ]
    for _ in range(50):
        body = mutated(json.dumps(chance.choice(good), ensure_ascii=False).encode(), chance)
        status, text, headers = server.send(body, session=session)
        assert status < 500, body
        if status != 202 and (headers["Content-Type"] or "").startswith("application/json"):
            answer = json.loads(text)
            assert answer["jsonrpc"] == "2.0" and ("result" in answer or answer["error"]["message"]), body
    assert server.send(session=session)[0] == 200
