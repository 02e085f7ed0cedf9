"""Full OAuth discovery against the MCP server, by the clients themselves: 401, metadata, sign-in, token, call."""

import asyncio
import urllib.parse

import fastmcp
import httpx2
import pytest
from fastmcp.client.auth import OAuth
from fastmcp.client.transports import StreamableHttpTransport
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata
from oauth_clients import Memory, Person, free_port, person, query  # noqa: F401

CLIENTS = ["mcp2"]


def register(lab, client_id, port, **extra):
    """The app that somebody registered at the authorization server beforehand."""
    return lab.control(
        "PUT",
        f"/_local/applications/{client_id}",
        {"secret": "s3cret", "callbacks": [{"url": f"http://localhost:{port}/callback"}], **extra},
    )


def client(lab, auth, accept_json=True):
    """GitHub's token endpoint answers a form unless JSON is asked for, and this client asks for nothing: a program that
    uses it with GitHub has to add the header."""

    async def ask_for_json(request):
        if request.url.path.endswith("/access_token"):
            request.headers["Accept"] = "application/json"

    def factory(**options):
        hooks = {"request": [ask_for_json]} if accept_json else {}
        return httpx2.AsyncClient(follow_redirects=True, event_hooks=hooks, **{k: v for k, v in options.items() if k != "follow_redirects"})

    transport = StreamableHttpTransport(lab.mcp + "/mcp", auth=auth, httpx_client_factory=factory)
    return fastmcp.Client(transport)


def pre_registered(lab, client_id, **options):
    port = free_port()
    register(lab, client_id, port)
    return OAuth(client_id=client_id, client_secret="s3cret", callback_port=port, callback_timeout=30, **options)


def test_pre_registered(lab, person):
    async def flow():
        async with client(lab, pre_registered(lab, "Ov23lifastmcp")) as connected:
            result = await connected.call_tool("get_me", {})
            assert "alice-gh" in result.content[0].text

    asyncio.run(asyncio.wait_for(flow(), 60))
    # One sign-in, with the scopes the metadata names, PKCE and the resource it is for.
    (url,) = person
    assert "code_challenge_method=S256" in url and "resource=" in url and "scope=repo+" in url


def test_step_up(lab, person):
    """A token without the scope a tool needs: 403 names what lacks, the client asks for the union and goes on."""

    async def flow():
        async with client(lab, pre_registered(lab, "Ov23listepup", scopes=["gist"])) as connected:
            assert "alice-gh" in (await connected.call_tool("get_me", {})).content[0].text
            await connected.call_tool("search_repositories", {"query": "agent"})

    lab.control("PUT", "/_local/faults", {"name": "narrow-metadata", "party": "mcp", "operation": "GET /.well-known/oauth-protected-resource/mcp", "answer": {"status": 200, "body": narrow(lab)}})
    asyncio.run(asyncio.wait_for(flow(), 60))
    assert len(person) == 2
    scopes = [set(urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["scope"][0].split()) for url in person]
    assert "repo" not in scopes[0] and {"repo", "gist"} <= scopes[1]


def narrow(lab):
    """Metadata of a server that advertises little, so that a client begins with little."""
    return {
        "resource": lab.mcp + "/mcp",
        "authorization_servers": [lab.github + "/login/oauth"],
        "scopes_supported": ["gist"],
        "bearer_methods_supported": ["header"],
    }


def test_a_form_is_no_token(lab, person):
    """Without the header the sign-in ends at the token endpoint: the answer is a form."""

    async def flow():
        async with client(lab, pre_registered(lab, "Ov23liform"), accept_json=False) as connected:
            await connected.list_tools()

    with pytest.raises(Exception) as failure:
        asyncio.run(asyncio.wait_for(flow(), 60))
    assert "Invalid token response" in str(failure.value)


def test_without_registration_there_is_no_way_in(lab, person):
    """GitHub has no dynamic registration; the client says so instead of guessing."""

    async def flow():
        async with fastmcp.Client(lab.mcp + "/mcp", auth="oauth") as client:
            await client.list_tools()

    with pytest.raises(Exception) as failure:
        asyncio.run(asyncio.wait_for(flow(), 60))
    assert "registration" in f"{failure.value!r} {failure.value.__cause__!r}".lower()
    assert person == []


def test_the_gateway_leads_to_its_issuer(lab, world):
    """401, the gateway's metadata, the issuer's, one sign-in with PKCE as a registered public client, and the tools."""
    world.create_target()
    callback = f"http://127.0.0.1:{free_port()}/callback"
    alice = Person("alice")

    async def read():
        code, state = await alice.read()
        return AuthorizationCodeResult(code=code, state=state, iss=query(alice.answer, "iss"))

    registered = OAuthClientInformationFull(
        client_id="web", redirect_uris=[callback], token_endpoint_auth_method="none"
    )
    provider = OAuthClientProvider(
        server_url=world.gateway_url,
        client_metadata=OAuthClientMetadata(redirect_uris=[callback], token_endpoint_auth_method="none"),
        storage=Memory(registered),
        redirect_handler=alice.open,
        callback_handler=read,
    )

    async def flow():
        http = httpx2.AsyncClient(auth=provider, timeout=30)
        async with http, Client(streamable_http_client(world.gateway_url, http_client=http)) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    assert "github___get_me" in asyncio.run(asyncio.wait_for(flow(), 60))
    (url,) = alice.opened
    assert url.startswith(lab.idp) and "code_challenge_method=S256" in url and "client_id=web" in url
