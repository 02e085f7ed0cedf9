"""The official MCP SDK, 2.x: revision 2026-07-28 by itself, and sessions with streams where it is told so."""

import asyncio

import httpx2
import mcp_types as types
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from session_gateway import make

CLIENTS = ["mcp2"]


def run(url, token, body, **options):
    async def flow():
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        async with http, Client(streamable_http_client(url, http_client=http), **options) as client:
            await body(client)

    asyncio.run(asyncio.wait_for(flow(), 60))


def consenting(lab, user, asked):
    async def consent(_, params):
        asked.append(params)
        await asyncio.to_thread(lab.consent, params.url, user)
        return types.ElicitResult(action="accept")

    return consent


@pytest.mark.parametrize("mode", ["auto", "2026-07-28", "legacy"])
def test_one_call_is_enough(lab, world, mode):
    """By an input_required result in 2026-07-28, on the stream of the call in 2025-11-25."""
    url, asked = make(lab, world), []

    async def body(client):
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names == ["github___get_me", "github___search_repositories", "github___list_issues"]
        result = await client.call_tool("github___get_me", {})
        assert not result.is_error and "alice-gh" in result.content[0].text
        assert len(asked) == 1

    token = lab.sign_in("alice")["accessToken"]
    run(url, token, body, mode=mode, elicitation_callback=consenting(lab, "alice", asked))
    methods = {entry["status"] for entry in lab.control("GET", "/_local/journal?after=0")["entries"] if entry["kind"] == "exchange" and entry["to"] == "gateway"}
    assert methods <= {200, 202}


def test_a_gateway_of_the_newest_revision_alone(lab, world):
    url, asked = make(lab, world, versions=["2025-11-25", "2026-07-28"]), []

    async def body(client):
        with pytest.raises(MCPError) as failure:
            await client.call_tool("github___get_me", {})
        # Nobody can be asked, so the client hears which capability it lacks.
        assert failure.value.error.code == -32021

    run(url, lab.sign_in("alice")["accessToken"], body, mode="2026-07-28")
