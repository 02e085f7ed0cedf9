"""The official MCP SDK, 2.x, and fastmcp on top of it, unmodified: the same flow."""

import asyncio

import fastmcp
import httpx2
from fastmcp.client.auth import BearerAuth
from mcp import Client, MCPError, UrlElicitationRequiredError
from mcp.client.streamable_http import streamable_http_client

CLIENTS = ["mcp2"]


def elicitation(lab, error):
    assert error.error.code == -32042
    (asked,) = UrlElicitationRequiredError.from_error(error.error).elicitations
    assert asked.message == "Please login to this URL for authorization."
    assert asked.url.startswith(lab.aws + "/identities/oauth2/authorize?request_uri=urn%3A")
    assert error.error.data["elicitations"][0]["mode"] == "url"
    return asked.url


def test_gateway_flow(lab, world):
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    asyncio.run(flow(lab, world.gateway_url, token))


async def flow(lab, url, token):
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"})
    async with http, Client(streamable_http_client(url, http_client=http)) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools][0] == "github___get_me"
        try:
            await client.call_tool("github___get_me", {})
            raise AssertionError("no consent was asked for")
        except MCPError as error:
            url = elicitation(lab, error)
        assert lab.consent(url, "alice")["status"] == 200
        result = await client.call_tool("github___get_me", {})
        assert not result.is_error and "alice-gh" in result.content[0].text
        result = await client.call_tool("github___search_repositories", {"query": "agent"})
        assert not result.is_error


def test_fastmcp(lab, world):
    world.create_target()
    token = lab.sign_in("bob")["accessToken"]

    async def flow():
        async with fastmcp.Client(world.gateway_url, auth=BearerAuth(token)) as client:
            assert [tool.name for tool in await client.list_tools()][0] == "github___get_me"
            try:
                await client.call_tool("github___get_me", {})
                raise AssertionError("no consent was asked for")
            except MCPError as error:
                url = elicitation(lab, error)
            lab.consent(url, "bob")
            result = await client.call_tool("github___get_me", {})
            assert "bob-gh" in result.content[0].text

    asyncio.run(flow())


def test_the_mcp_server_itself(lab):
    """Without a gateway in between: the upstream takes a GitHub token and nothing else."""
    from walker import Walker, query

    page = Walker().walk(
        f"{lab.github}/login/oauth/authorize?client_id=Ov23liagentcorelocal&scope=repo&state=s"
        f"&redirect_uri={lab.aws}/identities/oauth2/callback/x",
        "alice-gh",
    )
    # The callback belongs to no provider, so AWS refuses it; the code in its query is what we came for.
    code = query(page.url, "code")
    import json
    import urllib.request

    request = urllib.request.Request(
        f"{lab.github}/login/oauth/access_token",
        data=json.dumps(
            {"client_id": "Ov23liagentcorelocal", "client_secret": "agentcore-local-secret", "code": code}
        ).encode(),
        headers={"Accept": "application/json", "Content-Type": "application/json"},
    )
    token = json.load(urllib.request.urlopen(request))["access_token"]

    async def flow():
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"})
        async with http, Client(streamable_http_client(lab.mcp + "/mcp", http_client=http)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert "get_me" in names and len(names) >= 12
            result = await client.call_tool("get_me", {})
            assert "alice-gh" in result.content[0].text

    asyncio.run(flow())
