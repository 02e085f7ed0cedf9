"""The official MCP SDK, 1.x, in a session with streams: the consent is asked for on the stream of the call itself."""

import asyncio

import pytest
from mcp import ClientSession, McpError, types
from mcp.client.streamable_http import streamablehttp_client
from session_gateway import make

CLIENTS = ["mcp1"]


def run(url, token, body, **callbacks):
    async def flow():
        headers = {"Authorization": f"Bearer {token}"}
        async with streamablehttp_client(url, headers=headers) as (read, write, session_id):
            async with ClientSession(read, write, **callbacks) as session:
                await session.initialize()
                assert session_id()
                await body(session)

    asyncio.run(asyncio.wait_for(flow(), 60))


def test_the_call_goes_on_after_the_consent(lab, world):
    url = make(lab, world)
    asked = []

    async def consent(_, params):
        asked.append(params)
        # The person opens the link while the call waits on its stream.
        asyncio.get_running_loop().run_in_executor(None, lab.consent, params.url, "alice")
        return types.ElicitResult(action="accept")

    async def body(session):
        result = await session.call_tool("github___get_me", {})
        assert not result.isError and "alice-gh" in result.content[0].text
        assert len(asked) == 1 and asked[0].mode == "url"
        result = await session.call_tool("github___search_repositories", {"query": "agent"})
        assert not result.isError and len(asked) == 1

    run(url, lab.sign_in("alice")["accessToken"], body, elicitation_callback=consent)


def test_a_declined_consent_is_a_tool_error(lab, world):
    url = make(lab, world)

    async def decline(_, params):
        return types.ElicitResult(action="decline")

    async def body(session):
        result = await session.call_tool("github___get_me", {})
        assert result.isError and "declined" in result.content[0].text

    run(url, lab.sign_in("bob")["accessToken"], body, elicitation_callback=decline)


def test_a_client_that_cannot_be_asked_gets_the_error(lab, world):
    url = make(lab, world)

    async def body(session):
        with pytest.raises(McpError) as failure:
            await session.call_tool("github___get_me", {})
        assert failure.value.error.code == -32042

    run(url, lab.sign_in("alice")["accessToken"], body)


def test_a_session_ends_for_the_client_too(lab, world):
    url = make(lab, world)

    async def body(session):
        await session.list_tools()
        await asyncio.to_thread(lab.advance, "16m")
        with pytest.raises(McpError) as failure:
            await session.list_tools()
        assert "Session terminated" in failure.value.error.message

    run(url, lab.sign_in("alice")["accessToken"], body)
