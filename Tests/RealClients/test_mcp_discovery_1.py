"""The official MCP SDK, 1.x, finds its own way in: discovery, registration, sign-in, and more scopes when asked."""

import asyncio

from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata
from oauth_clients import Memory, Person, free_port, query, strict  # noqa: F401

CLIENTS = ["mcp1"]


def sign_in(lab, body):
    """What the person opened, and what the client kept."""
    port = free_port()
    person, memory = Person(), Memory()
    provider = OAuthClientProvider(
        server_url=lab.mcp + "/mcp",
        client_metadata=OAuthClientMetadata(
            client_name="a program",
            redirect_uris=[f"http://127.0.0.1:{port}/callback"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="client_secret_post",
        ),
        storage=memory,
        redirect_handler=person.open,
        callback_handler=person.read,
    )

    async def flow():
        async with streamablehttp_client(lab.mcp + "/mcp", auth=provider) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                await body(session)

    asyncio.run(asyncio.wait_for(flow(), 60))
    return person, memory


def test_registration(strict):
    async def body(session):
        assert "alice-gh" in (await session.call_tool("get_me", {})).content[0].text

    strict.control("POST", "/_local/reset")
    person, memory = sign_in(strict, body)
    assert memory.client.client_id and memory.client.client_secret
    (url,) = person.opened
    assert query(url, "code_challenge_method") == "S256" and query(url, "resource") == strict.mcp + "/mcp"
    assert query(person.answer, "iss") == strict.github + "/oauth"


def test_step_up(strict):
    """Metadata that names little makes a small grant; the tool that needs more asks for what lacks."""
    strict.control("POST", "/_local/reset")
    strict.control(
        "PUT",
        "/_local/faults",
        {
            "name": "narrow-metadata",
            "party": "mcp",
            "operation": "GET /.well-known/oauth-protected-resource/mcp",
            "answer": {
                "status": 200,
                "body": {
                    "resource": strict.mcp + "/mcp",
                    "authorization_servers": [strict.github + "/oauth"],
                    "scopes_supported": ["gist"],
                    "bearer_methods_supported": ["header"],
                },
            },
        },
    )

    async def body(session):
        assert "alice-gh" in (await session.call_tool("get_me", {})).content[0].text
        result = await session.call_tool("search_repositories", {"query": "hello"})
        assert not result.isError and "alice-gh/hello-world" in result.content[0].text

    person, _ = sign_in(strict, body)
    assert [query(url, "scope") for url in person.opened][0] == "gist"
    assert "repo" in query(person.opened[1], "scope").split() and len(person.opened) == 2
