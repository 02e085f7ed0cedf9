"""Agent frameworks, unmodified: Strands and LangChain's adapter see the gateway's tools and call them after a consent."""

import asyncio

from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.client.streamable_http import streamablehttp_client
from plain_mcp import consent_url, tool
from strands.tools.mcp import MCPClient

CLIENTS = ["mcp1"]


def connect(lab, world, user):
    world.create_target()
    token = lab.sign_in(user)["accessToken"]
    return world.gateway_url, token, {"Authorization": f"Bearer {token}"}


def consent(lab, url, token, user):
    """What a client that shows the link would lead the person to."""
    _, body, _ = tool(url, token, "github___get_me")
    assert lab.consent(consent_url(body), user)["status"] == 200


def test_strands(lab, world):
    url, token, headers = connect(lab, world, "alice")
    with MCPClient(lambda: streamablehttp_client(url, headers=headers)) as client:
        names = [item.tool_name for item in client.list_tools_sync()]
        assert names == ["github___get_me", "github___search_repositories", "github___list_issues"]
        asked = client.call_tool_sync(tool_use_id="1", name="github___get_me", arguments={})
        # Where the link goes is up to the framework: https://github.com/strands-agents/harness-sdk/issues/1742
        assert asked["status"] == "error"
        consent(lab, url, token, "alice")
        answer = client.call_tool_sync(tool_use_id="2", name="github___get_me", arguments={})
        assert answer["status"] == "success" and "alice-gh" in answer["content"][0]["text"]


def test_langchain(lab, world):
    url, token, headers = connect(lab, world, "bob")

    async def flow():
        client = MultiServerMCPClient({"gw": {"transport": "streamable_http", "url": url, "headers": headers}})
        tools = {item.name: item for item in await client.get_tools()}
        assert list(tools) == ["github___get_me", "github___search_repositories", "github___list_issues"]
        try:
            asked = await tools["github___get_me"].ainvoke({})
            assert "alice" not in str(asked)
        except Exception as failure:  # What it raises is its own; that it does not succeed is ours.
            asked = failure
        assert "requires more information" in str(asked) or "32042" in str(asked)
        await asyncio.to_thread(consent, lab, url, token, "bob")
        assert "bob-gh" in str(await tools["github___get_me"].ainvoke({}))

    asyncio.run(asyncio.wait_for(flow(), 60))
