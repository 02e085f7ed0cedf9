"""The control API, as programs outside this project use it."""

import json
import urllib.request

import plain_mcp
import pytest
from walker import query

CLIENTS = ["mcp1"]


def test_reset_gives_the_same_bytes_again(lab):
    def run():
        lab.control("POST", "/_local/reset")
        provider = lab.control_plane.create_oauth2_credential_provider(
            name="p",
            credentialProviderVendor="GithubOauth2",
            oauth2ProviderConfigInput={"githubOauth2ProviderConfig": {"clientId": "c", "clientSecret": "s"}},
        )
        return provider["callbackUrl"], provider["clientSecretArn"]

    assert run() == run()


def test_the_robot_leaves_completion_to_the_caller(lab, world):
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    walk = lab.consent(plain_mcp.consent_url(body), "alice", complete=False)
    assert walk["landed"].startswith(lab.app + "/callback?session_id=")
    _, again, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    assert again["error"]["code"] == -32042
    # That call made a newer session, which takes the older one's place.
    session = query(walk["landed"], "session_id")
    with pytest.raises(Exception, match="Invalid or expired session"):
        lab.identity.complete_resource_token_auth(userIdentifier={"userToken": token}, sessionUri=session)
    walk = lab.consent(plain_mcp.consent_url(again), "alice")
    assert walk["status"] == 200
    assert [hop["status"] for hop in walk["hops"]][-1] == 200
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    assert body["result"]["isError"] is False


def test_journal_transitions_and_tokens_have_no_secrets(lab, world):
    target = world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    lab.consent(plain_mcp.consent_url(body), "alice")
    plain_mcp.tool(world.gateway_url, token, "github___get_me")

    journal = lab.control("GET", "/_local/journal?after=0")
    sequences = [entry["seq"] for entry in journal["entries"]]
    assert sequences == sorted(sequences) and journal["next"] >= sequences[-1]
    text = json.dumps(journal)
    assert token not in text and "agentcore-local-secret" not in text and "gho_" not in text
    exchanges = [entry for entry in journal["entries"] if entry["kind"] == "exchange"]
    redeemed = [e for e in exchanges if e["to"] == "github" and e["path"].startswith("/login/oauth/access_token")]
    assert len(redeemed) == 1 and redeemed[0]["method"] == "POST" and redeemed[0]["status"] == 200

    moves = lab.control("GET", "/_local/transitions")
    assert [m["to"] for m in moves if m["subject"] == f"target {target['targetId']}"] == ["READY"]
    tokens = lab.control("GET", "/_local/tokens")
    (github,) = [t for t in tokens if t["issuer"] == "github" and t["kind"] == "access_token"]
    assert "vault" in github["heldBy"] and "mcp" in github["seenBy"] and github["scopes"] == ["repo", "read:user"]


def test_clock_moves_and_consent_lapses(lab, world):
    target = world.create_target(schema=None)
    before = lab.control("GET", "/_local/clock")
    lab.advance("16m")
    assert lab.control("GET", "/_local/clock") != before
    failed = world.target(target["targetId"])
    assert failed["status"] == "FAILED" and failed["statusReasons"]


def test_a_fault_strikes_and_goes_away(lab, world):
    fault = {
        "name": "slow-token", "party": "github", "operation": "POST /login/oauth/access_token",
        "answer": {"status": 503}, "first": 1,
    }
    lab.control("PUT", "/_local/faults", fault)
    request = urllib.request.Request(lab.github + "/login/oauth/access_token/", data=b"x=1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 503
    lab.control("DELETE", "/_local/faults")


def test_an_app_can_be_registered_at_the_authorization_server(lab):
    made = lab.control(
        "PUT",
        "/_local/applications/my-app",
        {"kind": "oauth-app", "secret": "s3cret", "callbacks": [{"url": lab.app + "/other", "wildcard": False}]},
    )
    assert "s3cret" not in json.dumps(made) and made["callbacks"][0]["url"] == lab.app + "/other"
