"""Sign-in and consent pages, walked by their forms without JavaScript, and what they refuse."""

import base64
import hashlib
import json
import urllib.parse
import urllib.request

import plain_mcp
from walker import Walker, query

CLIENTS = ["mcp1"]

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CALLBACK = "http://127.0.0.1:59999/callback"


def post_form(url, **fields):
    request = urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def authorize_url(lab, **changes):
    parameters = {
        "response_type": "code",
        "client_id": "web",
        "redirect_uri": lab.app + "/callback",
        "scope": "openid email",
        "state": "a state; with=odd&characters",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    discovery = json.load(urllib.request.urlopen(lab.idp + "/.well-known/openid-configuration"))
    assert discovery["issuer"] == lab.idp
    return discovery, discovery["authorization_endpoint"] + "?" + urllib.parse.urlencode(parameters)


def test_the_inbound_provider_signs_a_person_in(lab):
    discovery, url = authorize_url(lab)
    person = Walker()
    page = person.open(url)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    wrong = person.submit(page, page.form("password"), username="alice", password="wrong")
    assert wrong.form("password"), "a wrong password must lead back to the form"
    landed = person.sign_in(wrong, "alice")
    assert query(landed.url, "state") == "a state; with=odd&characters"
    assert query(landed.url, "iss") == lab.idp
    code = query(landed.url, "code")
    exchange = dict(grant_type="authorization_code", client_id="web", code=code, redirect_uri=lab.app + "/callback")
    status, body = post_form(discovery["token_endpoint"], **exchange, code_verifier="x" * 43)
    assert (status, body["error"]) == (400, "invalid_grant")
    # A wrong verifier burns the code.
    status, body = post_form(discovery["token_endpoint"], **exchange, code_verifier=VERIFIER)
    assert (status, body["error"]) == (400, "invalid_grant")

    landed = person.open(authorize_url(lab)[1])  # signed in by now: no form any more
    status, body = post_form(
        discovery["token_endpoint"], **{**exchange, "code": query(landed.url, "code")}, code_verifier=VERIFIER
    )
    assert status == 200 and body["token_type"] == "Bearer" and body["expires_in"] == 3600
    claims = json.loads(base64.urlsafe_b64decode(body["access_token"].split(".")[1] + "=="))
    assert claims["client_id"] == "web" and claims["token_use"] == "access" and claims["iss"] == lab.idp


def test_a_redirect_uri_that_is_not_registered_stays_on_a_page(lab):
    page = Walker().open(authorize_url(lab, redirect_uri="https://evil.example/callback")[1])
    assert page.status == 400 and page.url.startswith(lab.idp)


def test_denial_reaches_nobody(lab, world):
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    page = Walker().walk(plain_mcp.consent_url(body), "alice-gh", decision="deny")
    assert page.status == 400 and page.url.startswith(lab.aws)
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    assert body["error"]["code"] == -32042


def test_a_consent_page_cannot_be_submitted_from_elsewhere(lab, world):
    """Without the hidden token of the page that was shown, an approval is refused."""
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    person = Walker()
    page = person.open(plain_mcp.consent_url(body))
    page = person.sign_in(page, "alice-gh")
    form = page.form("decision")
    hidden = [item for item in form["inputs"] if item.get("type") == "hidden"]
    assert hidden, "the form carries no token"
    for item in hidden:
        item["value"] = "forged"
    forged = person.submit(page, form, ("decision", "approve"))
    assert forged.status in (400, 403, 404, 422) and "code=" not in forged.url
