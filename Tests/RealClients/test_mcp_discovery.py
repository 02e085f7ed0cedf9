"""Clients that nobody registered beforehand: by dynamic registration, or by a document that describes them.

The lab `strict` has an authorization server by the RFCs; GitHub's own offers neither.
"""

import asyncio
import base64
import hashlib
import json
import os
import signal
import subprocess
import threading
import urllib.parse
import urllib.request
import webbrowser

import fastmcp
import pytest
from conftest import ROOT, Lab
from fastmcp.client.auth import OAuth
from test_mcp_oauth import free_port
from walker import Walker

CLIENTS = ["mcp2"]


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    if not (ROOT / "mocks/labs/strict.yaml").exists():
        pytest.skip("there is no lab with an authorization server that registers clients")
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


@pytest.fixture(autouse=True)
def from_the_start(strict):
    strict.control("POST", "/_local/reset")


@pytest.fixture
def person(monkeypatch):
    """Whatever the client opens in a browser, a person walks through."""
    opened = []

    def walk(url, *_, **__):
        opened.append(url)
        threading.Thread(target=lambda: Walker().walk(url, "alice-gh"), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", walk)
    return opened


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


def query(url):
    return {name: values[0] for name, values in urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).items()}


def test_dynamic_registration(strict, person):
    """401, both metadata documents, a registration, one sign-in with PKCE and `resource`, a token, the call."""
    asked = sign_in(strict, port=free_port())
    assert ("POST", "/oauth/register", 201) in asked
    assert ("POST", "/oauth/token", 200) in asked
    (url,) = person
    assert query(url)["code_challenge_method"] == "S256"
    assert query(url)["resource"] == strict.mcp + "/mcp"


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
    assert query(url)["client_id"] == document


def test_a_document_of_another_client_opens_nothing(strict, person):
    """A document that names another id, or none at that address, makes no client: the sign-in never begins."""
    with pytest.raises(Exception):
        sign_in(strict, port=free_port(), client_metadata_url="https://app.example.com/nobody.json")
    assert not [
        entry for entry in strict.control("GET", "/_local/journal?after=0")["entries"] if entry["kind"] == "token"
    ]


# --- The official suite's two scenarios for authorization servers, by their ids


def test_authorization_server_metadata_endpoint(strict):
    issuer = strict.github + "/oauth"
    with urllib.request.urlopen(strict.github + "/.well-known/oauth-authorization-server/oauth") as answer:
        assert answer.headers["Content-Type"].startswith("application/json")
        metadata = json.load(answer)
    assert metadata["issuer"] == issuer
    assert {"authorization_endpoint", "token_endpoint"} <= set(metadata)
    assert "code" in metadata["response_types_supported"] and "S256" in metadata["code_challenge_methods_supported"]
    assert metadata["client_id_metadata_document_supported"] is True


def test_authorization_code_grant(strict):
    callback = f"http://127.0.0.1:{free_port()}/callback"
    strict.control("PUT", "/_local/applications/suite", {"secret": "s3cret", "callbacks": [{"url": callback}]})
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    question = {
        "response_type": "code",
        "client_id": "suite",
        "redirect_uri": callback,
        "state": "st-1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    walker = Walker()
    with pytest.raises(OSError):  # nobody listens there: the answer is in the address
        walker.walk(f"{strict.github}/oauth/authorize?{urllib.parse.urlencode(question)}", "alice-gh")
    end = walker.last
    assert end.startswith(callback + "?")
    answer = urllib.parse.parse_qs(urllib.parse.urlsplit(end).query)
    assert len(answer["code"]) == 1 and answer["state"] == ["st-1"] and "error" not in answer
    assert answer["iss"] == [strict.github + "/oauth"]
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"][0],
        "redirect_uri": callback,
        "client_id": "suite",
        "client_secret": "s3cret",
        "code_verifier": verifier,
    }
    with urllib.request.urlopen(strict.github + "/oauth/token", urllib.parse.urlencode(form).encode()) as response:
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["Cache-Control"] == "no-store"
        token = json.load(response)
    assert token["access_token"] and token["token_type"].lower() == "bearer"
