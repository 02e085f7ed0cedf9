"""The official MCP SDK, 1.x, finds its own way in: discovery, registration, sign-in, and more scopes when asked."""

import asyncio
import json
import os
import signal
import socket
import subprocess

import pytest
from conftest import ROOT, Lab
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata
from walker import Walker, query

CLIENTS = ["mcp1"]


class Memory(TokenStorage):
    def __init__(self):
        self.tokens = self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Person:
    """Opens what the program shows her, decides, and reads the answer off the address bar."""

    def __init__(self):
        self.opened, self.answer = [], None

    async def open(self, url):
        self.opened.append(url)
        walker = Walker()
        with pytest.raises(OSError):  # nobody listens at the redirect URI
            await asyncio.to_thread(walker.walk, url, "alice-gh")
        self.answer = walker.last

    async def read(self):
        return query(self.answer, "code"), query(self.answer, "state")


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    binary = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))
    endpoints = tmp_path_factory.mktemp("strict") / "endpoints.json"
    with open(endpoints.with_suffix(".log"), "w") as log:
        process = subprocess.Popen(
            [binary, "serve", "--lab", "strict", "--port-base", "0", "--endpoints-file", str(endpoints)],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while not endpoints.exists():
            assert process.poll() is None, endpoints.with_suffix(".log").read_text()
        yield Lab(process, json.loads(endpoints.read_text()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def sign_in(lab, body):
    """What the person opened, and what the client kept."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
