"""A well-behaved program on the official SDK, 2.x, for `run scenarios/clients --client`: what it needs is in its
environment. It lists every tool, calls the one it is told, and leads its user through whatever is asked.
"""

import asyncio
import os
import webbrowser

import httpx2
import mcp_types as types
from fastmcp.client.auth import OAuth
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

URL, TOKEN, TOOL = (os.environ.get(f"AGENTCORE_LOCAL_CLIENT_{name}") for name in ("URL", "TOKEN", "TOOL"))


def is_web(link):
    return link.split(":", 1)[0].lower() in ("http", "https")


async def asked(_, params):
    """The server asks on the way to its answer."""
    if not is_web(params.url):
        return types.ElicitResult(action="decline")
    await asyncio.to_thread(webbrowser.open, params.url)
    return types.ElicitResult(action="accept")


async def call(client, tool):
    try:
        return await client.call_tool(tool, {})
    except MCPError as error:
        if error.error.code != -32042:
            raise
        for elicitation in error.error.data["elicitations"]:
            if is_web(elicitation["url"]):
                # The browser of the lab returns when its user is done; a person would say so.
                await asyncio.to_thread(webbrowser.open, elicitation["url"])
        return await client.call_tool(tool, {})


async def main():
    # Without a token it finds out by itself whether it needs one, and where.
    access = {"headers": {"Authorization": f"Bearer {TOKEN}"}} if TOKEN else {"auth": OAuth(mcp_url=URL)}
    http = httpx2.AsyncClient(timeout=30, **access)
    async with http, Client(
        streamable_http_client(URL, http_client=http), mode="legacy", elicitation_callback=asked
    ) as client:
        cursor = None
        while cursor := (await client.list_tools(cursor=cursor)).next_cursor:
            pass
        if TOOL:
            print((await call(client, TOOL)).content)


asyncio.run(main())
