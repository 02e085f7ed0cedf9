"""Clients that nobody registered beforehand: by dynamic registration, or by a document that describes them.

The lab `strict` has an authorization server by the RFCs; GitHub's own offers neither.
"""

import asyncio
import urllib.parse

import fastmcp
import pytest
from fastmcp.client.auth import OAuth
from oauth_clients import free_port, person, query, strict  # noqa: F401

CLIENTS = ["mcp2"]


@pytest.fixture(autouse=True)
def from_the_start(strict):
    strict.control("POST", "/_local/reset")


def sign_in(lab, **options):
    """Signs in and calls a tool; what the client asked of the authorization server."""

    async def flow():
        auth = OAuth(callback_port=options.pop("port"), callback_timeout=30, **options)
        async with fastmcp.Client(lab.mcp + "/mcp", auth=auth) as client:
            result = await client.call_tool("get_me", {})
            assert "alice-gh" in result.content[0].text

    asyncio.run(asyncio.wait_for(flow(), 60))
    entries = lab.control("GET", "/_local/journal?after=0")["entries"]
    return [
        (entry["method"], urllib.parse.urlsplit(entry["path"]).path, entry["status"])
        for entry in entries
        if entry["kind"] == "exchange" and entry["to"] == "github" and entry["from"] == "outside"
    ]


def test_dynamic_registration(strict, person):
    """401, both metadata documents, a registration, one sign-in with PKCE and `resource`, a token, the call."""
    asked = sign_in(strict, port=free_port())
    assert ("POST", "/oauth/register", 201) in asked
    assert ("POST", "/oauth/token", 200) in asked
    (url,) = person
    assert query(url, "code_challenge_method") == "S256"
    assert query(url, "resource") == strict.mcp + "/mcp"


def test_the_word_is_enough(strict, person):
    """`auth="oauth"`, as fastmcp's own documentation has it: nothing else is configured."""

    async def flow():
        async with fastmcp.Client(strict.mcp + "/mcp", auth="oauth") as client:
            assert "alice-gh" in (await client.call_tool("get_me", {})).content[0].text

    asyncio.run(asyncio.wait_for(flow(), 60))
    assert len(person) == 1


def test_a_client_document(strict, person):
    """The client's id is the URL of its document: nothing is registered, and the redirect is the document's."""
    port, document = free_port(), "https://app.example.com/client.json"
    strict.control(
        "PUT",
        "/_local/faults",
        {
            "name": "client-document",
            "party": "app",
            "operation": "GET /client.json",
            "answer": {
                "status": 200,
                "body": {
                    "client_id": document,
                    "client_name": "A client with a document",
                    "redirect_uris": [f"http://localhost:{port}/callback"],
                    "grant_types": ["authorization_code", "refresh_token"],
                    "response_types": ["code"],
                    "token_endpoint_auth_method": "none",
                },
            },
        },
    )
    asked = sign_in(strict, port=port, client_metadata_url=document)
    assert not [path for _, path, _ in asked if path == "/oauth/register"]
    (url,) = person
    assert query(url, "client_id") == document


def test_a_document_of_another_client_opens_nothing(strict, person):
    """A document that names another id, or none at that address, makes no client: the sign-in never begins."""
    with pytest.raises(Exception):
        sign_in(strict, port=free_port(), client_metadata_url="https://app.example.com/nobody.json")
    assert not [
        entry for entry in strict.control("GET", "/_local/journal?after=0")["entries"] if entry["kind"] == "token"
    ]
