"""The suite's two scenarios for authorization servers."""

import base64
import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from walker import Walker

ISSUERS = ["authorization-server-metadata-endpoint", "authorization-code-grant"]


def document(issuer):
    """The first of the well-known addresses that answers, with its content type."""
    parts = urllib.parse.urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    for address in (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    ):
        try:
            with urllib.request.urlopen(address) as answer:
                return answer.headers["Content-Type"], json.load(answer)
        except urllib.error.HTTPError:
            continue
    raise AssertionError(f"{issuer} has no metadata")


def metadata_endpoint(issuer):
    kind, metadata = document(issuer)
    assert kind.startswith("application/json") and metadata["issuer"] == issuer
    assert metadata["authorization_endpoint"] and metadata["token_endpoint"]
    assert "code" in metadata["response_types_supported"]
    assert "S256" in metadata["code_challenge_methods_supported"]
    return metadata


def code_grant(issuer, client, callback, user):
    """A public client, as the suite takes one wherever the server has any."""
    _, metadata = document(issuer)
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    question = {
        "response_type": "code",
        "client_id": client,
        "state": "st-1",
        "redirect_uri": callback,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    walker = Walker()
    with pytest.raises(OSError):  # nobody listens there: the answer is in the address
        walker.walk(f"{metadata['authorization_endpoint']}?{urllib.parse.urlencode(question)}", user)
    assert walker.last.startswith(callback + "?")
    answer = urllib.parse.parse_qs(urllib.parse.urlsplit(walker.last).query, keep_blank_values=True)
    assert len(answer["code"]) == 1 and answer["code"][0] and answer["state"] == ["st-1"] and "error" not in answer
    assert answer.get("iss", [issuer]) == [issuer]
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"][0],
        "redirect_uri": callback,
        "code_verifier": verifier,
        "client_id": client,
    }
    address = metadata["token_endpoint"]
    with urllib.request.urlopen(address, urllib.parse.urlencode(form).encode()) as response:
        assert response.headers["Content-Type"].startswith("application/json")
        assert "no-store" in response.headers["Cache-Control"]
        token = json.load(response)
    assert token["access_token"] and token["token_type"]
