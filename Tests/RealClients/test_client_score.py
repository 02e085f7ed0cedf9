"""How well a client behaves, told from what it sent: the SDK keeps the rules, and each bad habit breaks its own."""

import asyncio
import json
import signal
import subprocess
import sys

import httpx2
import plain_mcp
import pytest
import serving
from conftest import BINARY, ROOT
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

CLIENTS = ["mcp2"]
CONSENT_RULES = [
    "keeps error.data",
    "leaves the link to a browser",
    "waits for completion",
    "repeats the identical call",
    "does not loop",
]


def score(lab):
    return {row["rule"]: row for row in lab.control("GET", "/_local/score")}


def broken(lab):
    return [rule for rule, row in score(lab).items() if row["verdict"] == "broken"]


@pytest.fixture
def called(lab, world):
    """URL of a gateway whose tool needs a consent, and alice's token for it."""
    world.create_target()
    return world.gateway_url, lab.sign_in("alice")["accessToken"]


def test_the_official_sdk(lab, called):
    url, token = called

    async def flow():
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        async with http, Client(streamable_http_client(url, http_client=http), mode="legacy") as client:
            with pytest.raises(MCPError) as asked:
                await client.call_tool("github___get_me", {})
            link = asked.value.error.data["elicitations"][0]["url"]
            await asyncio.to_thread(lab.consent, link, "alice")
            assert not (await client.call_tool("github___get_me", {})).is_error

    asyncio.run(asyncio.wait_for(flow(), 60))
    rows = score(lab)
    for rule in CONSENT_RULES + ["sends the version header", "puts no token in a URL"]:
        assert rows[rule]["verdict"] == "kept", rows[rule]
        assert rows[rule]["exchanges"] and rows[rule]["proof"]
    assert "aws GET /identities/oauth2/authorize" in rows["keeps error.data"]["exchanges"][0]
    assert broken(lab) == []


def asked(url, token):
    _, body, _ = plain_mcp.tool(url, token, "github___get_me")
    return plain_mcp.consent_url(body)


def swallows_the_data(lab, url, token):
    asked(url, token)


def fetches_the_link(lab, url, token):
    headers = {"User-Agent": "agent/1"}
    with httpx2.Client(headers=headers) as client:
        _, body, _ = plain_mcp.tool(url, token, "github___get_me", User_Agent="agent/1")
        client.get(plain_mcp.consent_url(body))


def loops(lab, url, token):
    for _ in range(6):
        link = asked(url, token)
    lab.consent(link, "alice")
    plain_mcp.tool(url, token, "github___get_me")


def gives_up(lab, url, token):
    lab.consent(asked(url, token), "alice")


def forgets_the_version(lab, url, token):
    plain_mcp.call(url, token, "tools/list", version=None)


def shows_its_token(lab, url, token):
    httpx2.get(f"{url}?access_token={token}")


def guesses_the_metadata(lab, url, token):
    assert plain_mcp.call(url, None, "tools/list")[0] == 401


@pytest.mark.parametrize(
    "client, rules",
    [
        (swallows_the_data, ["keeps error.data"]),
        (fetches_the_link, ["leaves the link to a browser"]),
        (loops, ["waits for completion", "does not loop"]),
        (gives_up, ["repeats the identical call"]),
        (forgets_the_version, ["sends the version header"]),
        (shows_its_token, ["puts no token in a URL"]),
        (guesses_the_metadata, ["uses resource_metadata"]),
    ],
)
def test_a_bad_habit_breaks_its_rule(lab, called, client, rules):
    client(lab, *called)
    assert broken(lab) == rules


def trial(client, *scenarios, limit="60s"):
    """Exit code and what was told."""
    command = "exec " + " ".join(str(word) for word in (sys.executable, *client))
    paths = [f"scenarios/clients/{name}.yaml" for name in scenarios] or ["scenarios/clients"]
    run = subprocess.run(
        [BINARY, "run", *paths, "--client", command, "--time-limit", limit], cwd=ROOT, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def test_a_good_client_passes_every_trial():
    code, told = trial([ROOT / "Tests/RealClients/good_client.py"])
    assert code == 0, told
    assert "4 scenarios, 4 held" in told and "BROKEN" not in told
    for rule in CONSENT_RULES + ["walks the cursor", "uses resource_metadata", "opens only http(s)"]:
        assert f"KEPT: {rule}\n  " in told, rule


@pytest.mark.parametrize(
    "habit, scenario, rules",
    [
        ("swallows_the_data", "a-consent-by-error", ["keeps error.data"]),
        ("fetches_the_link", "a-consent-by-error", ["leaves the link to a browser"]),
        ("loops", "a-consent-by-error", ["waits for completion", "does not loop"]),
        ("gives_up", "a-consent-by-error", ["repeats the identical call"]),
        ("forgets_the_version", "a-list-in-pages", ["sends the version header"]),
        ("shows_its_token", "a-consent-by-error", ["puts no token in a URL"]),
        ("stops_at_the_first_page", "a-list-in-pages", ["walks the cursor"]),
        ("guesses_the_metadata", "the-way-in", ["uses resource_metadata"]),
        ("agrees_to_anything", "a-link-that-is-no-page", ["opens only http(s)"]),
        ("opens_anything", "a-link-that-is-no-page", ["opens only http(s)"]),
    ],
)
def test_a_bad_client_fails_its_trial(habit, scenario, rules):
    code, told = trial([ROOT / "Tests/RealClients/bad_client.py", habit], scenario)
    assert code == 4, told
    assert [line.removeprefix("BROKEN: ") for line in told.splitlines() if line.startswith("BROKEN: ")] == rules


@pytest.mark.parametrize("habit, missing", [("does_nothing", "walks the cursor"), ("crashes", "exit code 0")])
def test_a_client_that_shows_nothing_fails(habit, missing):
    code, told = trial([ROOT / "Tests/RealClients/bad_client.py", habit], "a-list-in-pages")
    assert code == 4 and missing in told


def test_a_client_that_hangs_is_ended():
    """By the signal that asks it to: a child hears signals whatever thread it was started from."""
    code, told = trial([ROOT / "Tests/RealClients/bad_client.py", "hangs"], "a-list-in-pages", limit="2s")
    assert code == 4 and f"actual:   {128 + signal.SIGTERM}" in told


@pytest.mark.parametrize("walks", [True, False])
def test_the_cursor(lab, world, walks):
    tools = [{"name": f"tool_{n}", "description": "d", "inputSchema": {"type": "object"}} for n in range(40)]
    world.create_target(schema=json.dumps({"tools": tools}))
    token = lab.sign_in("alice")["accessToken"]
    _, page, _ = plain_mcp.call(world.gateway_url, token, "tools/list")
    if walks:
        plain_mcp.call(world.gateway_url, token, "tools/list", {"cursor": page["result"]["nextCursor"]})
    assert score(lab)["walks the cursor"]["verdict"] == ("kept" if walks else "broken")


@pytest.mark.parametrize("method, status", [("tools/list", 4), (None, 0)])
def test_serve_tells_the_score_in_the_end(tmp_path, method, status):
    """Exit code 4 where a rule was broken: without a token the first answer is 401, and nobody asks where to go."""
    endpoints = tmp_path / "endpoints.json"
    process, origins = serving.start(
        BINARY, endpoints, "--score", "--quiet", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if method:
        assert plain_mcp.call(origins["mcp"] + "/mcp", None, method)[0] == 401
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=10)
    assert process.returncode == status, told
    assert "NOT SEEN: does not loop" in told
    assert ("BROKEN: uses resource_metadata\n  outside -> mcp POST /mcp 401 tools/list" in told) == bool(method)
