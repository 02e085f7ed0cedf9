"""The suite's scenarios for clients about registration, scopes, client authentication and issuers."""

from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.shared.auth import OAuthClientInformationFull
from oauth_clients import query

from .clients import played
from .kit import MODERN

METADATA = "GET /.well-known/oauth-protected-resource/mcp"
ISSUER = "GET /.well-known/oauth-authorization-server/oauth"
SCOPES = ["repo", "gist", "read:user"]


def registrations(stage):
    return [e for e in stage.seen("github", "/oauth/register") if e["method"] == "POST"]


def tokens(stage):
    return [e["request"] for e in stage.seen("github", "/oauth/token") if e["status"] == 200]


# MARK: - Registration


@played("auth/basic-cimd")
async def client_document(stage):
    stage.on("strict")
    document = "https://app.example.com/client.json"
    described = {
        "client_id": document,
        "client_name": "conformance",
        "redirect_uris": [f"http://127.0.0.1:{stage.port}/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    stage.fault("app", "GET /client.json", described)
    await stage.signs_in(url=document)
    assert not registrations(stage) and stage.asked("client_id") == document


@played("auth/pre-registration")
async def pre_registration(stage):
    lab = stage.on("strict")
    callback = f"http://127.0.0.1:{stage.port}/callback"
    lab.control("PUT", "/_local/applications/known", {"secret": "s3cret", "callbacks": [{"url": callback}]})
    stage.fault("github", ISSUER, stage.issuer(drop=["registration_endpoint"]))
    stage.memory.client = OAuthClientInformationFull(
        client_id="known",
        client_secret="s3cret",
        redirect_uris=[callback],
        token_endpoint_auth_method="client_secret_basic",
    )
    await stage.signs_in()
    assert not registrations(stage) and stage.asked("client_id") == "known"
    assert tokens(stage)[0]["headers"]["authorization"].startswith("Basic ")


@played("auth/authorization-server-migration")
async def migration(stage):
    """The metadata names another server: the client registers there and takes nothing along."""
    other = stage.on("rooted")
    lab = stage.on("strict")
    await stage.signs_in()
    before, stage.memory.tokens = stage.memory.client.client_id, None
    moved = stage.resource(authorization_servers=[other.github])
    stage.fault("mcp", METADATA, moved)
    try:
        await stage.signs_in()
    except BaseException as failure:  # our MCP server asks its own authorization server, which never saw this token
        assert not isinstance(failure, (KeyboardInterrupt, AssertionError))
    assert stage.person.opened[-1].startswith(other.github) and stage.asked("client_id", -1) != before
    assert stage.memory.client.client_id != before
    entries = other.control("GET", "/_local/journal?after=0")["entries"]
    assert before not in str(entries) and lab is stage.lab


# MARK: - Scopes


@played("auth/scope-from-www-authenticate")
async def scope_of_the_challenge(stage):
    lab = stage.on("strict")
    place = f"{lab.mcp}/.well-known/oauth-protected-resource/mcp"
    challenge = {"WWW-Authenticate": f'Bearer resource_metadata="{place}", scope="read:user"'}
    stage.fault("mcp", "POST /mcp", {"error": "unauthorized"}, 401, challenge, first=1)
    stage.fault("mcp", METADATA, stage.resource(scopes_supported=SCOPES))
    stage.fault("github", ISSUER, stage.issuer(drop=["scopes_supported"]))
    await stage.signs_in()
    assert stage.asked("scope").split() == ["read:user"]


@played("auth/scope-from-scopes-supported")
async def scope_of_the_metadata(stage):
    stage.on("strict")
    stage.fault("mcp", METADATA, stage.resource(scopes_supported=SCOPES))
    stage.fault("github", ISSUER, stage.issuer(drop=["scopes_supported"]))
    await stage.signs_in()
    assert stage.asked("scope").split() == SCOPES


@played("auth/scope-omitted-when-undefined")
async def no_scope(stage):
    stage.on("strict")
    stage.fault("mcp", METADATA, stage.resource(drop=["scopes_supported"]))
    stage.fault("github", ISSUER, stage.issuer(drop=["scopes_supported"]))
    await stage.signs_in()
    assert stage.asked("scope") is None


@played("auth/scope-step-up")
async def step_up(stage):
    stage.on("strict")
    stage.fault("mcp", METADATA, stage.resource(scopes_supported=["gist"]))
    stage.fault("github", ISSUER, stage.issuer(drop=["scopes_supported"]))

    async def body(client):
        assert not (await client.call_tool("search_repositories", {"query": "hello"})).is_error

    await stage.signs_in(body)
    first, second = (query(url, "scope").split() for url in stage.person.opened)
    assert first == ["gist"] and "repo" in second
    # 2026-07-28 wants the union; before, a client may ask for what is missing alone.
    assert stage.version != MODERN or "gist" in second


@played("auth/scope-retry-limit")
async def retry_limit(stage):
    lab = stage.on("strict")

    async def body(client):
        place = f"{lab.mcp}/.well-known/oauth-protected-resource/mcp"
        challenge = f'Bearer error="insufficient_scope", scope="repo", resource_metadata="{place}"'
        stage.fault("mcp", "POST /mcp", {"error": "forbidden"}, 403, {"WWW-Authenticate": challenge})
        await client.call_tool("get_me", {})

    failed = False
    try:
        await stage.signs_in(body)
    except BaseException as failure:
        failed = not isinstance(failure, KeyboardInterrupt)
    assert failed and 2 <= len(stage.person.opened) <= 3


@played("auth/offline-access-scope")
async def offline_access(stage):
    stage.on("strict")
    assert "offline_access" in stage.issuer()["scopes_supported"]
    stage.fault("mcp", METADATA, stage.resource(scopes_supported=["gist"]))
    await stage.signs_in()
    assert "offline_access" in stage.asked("scope").split()
    assert "refresh_token" in stage.memory.client.grant_types


@played("auth/offline-access-not-supported")
async def no_offline_access(stage):
    stage.on("strict")
    stage.fault("mcp", METADATA, stage.resource(scopes_supported=["gist"]))
    stage.fault("github", ISSUER, stage.issuer(scopes_supported=["gist", "repo"]))
    await stage.signs_in()
    assert "offline_access" not in stage.asked("scope").split()


# MARK: - Authentication at the token endpoint


def authentication(method, holds):
    @played(f"auth/token-endpoint-auth-{method.removeprefix('client_secret_')}")
    async def body(stage):
        lab = stage.on("strict")
        stage.fault("github", ISSUER, stage.issuer(token_endpoint_auth_methods_supported=[method]))
        await stage.signs_in(token_endpoint_auth_method=method)
        (request,) = tokens(stage)
        assert holds(request), request
        # `resource` names this server in both requests (RFC 8707).
        assert stage.asked("resource") == lab.mcp + "/mcp" and "resource=" in str(request["body"])


authentication("client_secret_basic", lambda request: request["headers"]["authorization"].startswith("Basic "))
authentication(
    "client_secret_post",
    lambda request: "authorization" not in request["headers"] and "client_secret=" in request["body"],
)
authentication(
    "none", lambda request: "authorization" not in request["headers"] and "client_secret" not in request["body"]
)


# MARK: - Who issued it


@played("auth/resource-mismatch")
async def resource_mismatch(stage):
    stage.on("strict")
    stage.fault("mcp", METADATA, stage.resource(resource="https://evil.example.com/mcp"))
    await stage.gives_up()
    assert stage.person.opened == []


@played("auth/iss-supported")
async def issuer_named(stage):
    lab = stage.on("strict")
    assert stage.issuer()["authorization_response_iss_parameter_supported"] is True
    await stage.signs_in()
    assert query(stage.person.answer, "iss") == lab.github + "/oauth"


FLAG = "authorization_response_iss_parameter_supported"


@played("auth/iss-not-advertised")
async def issuer_not_advertised(stage):
    stage.on("strict")
    stage.fault("github", ISSUER, stage.issuer(drop=[FLAG]))
    await stage.signs_in(answer={"iss": None})


def refused(name, iss, advertised=True):
    @played(f"auth/{name}")
    async def body(stage):
        lab = stage.on("strict")
        if not advertised:
            stage.fault("github", ISSUER, stage.issuer(drop=[FLAG]))
        await stage.gives_up(answer={"iss": iss(lab)})
        assert len(stage.person.opened) == 1 and tokens(stage) == []


refused("iss-supported-missing", lambda lab: None)
refused("iss-wrong-issuer", lambda lab: "https://evil.example.com")
refused("iss-unexpected", lambda lab: "https://evil.example.com", advertised=False)
refused("iss-normalized", lambda lab: lab.github + "/oauth/")


@played("auth/metadata-issuer-mismatch")
async def metadata_of_another(stage):
    stage.on("strict")
    stage.fault("github", ISSUER, stage.issuer(issuer="https://evil.example.com"))
    await stage.gives_up()
    assert stage.person.opened == []


# MARK: - Not scored


@played("auth/client-credentials-basic")
async def client_credentials(stage):
    lab = stage.on("strict")
    lab.control("PUT", "/_local/applications/machine", {"secret": "s3cret", "callbacks": []})
    provider = ClientCredentialsOAuthProvider(
        server_url=lab.mcp + "/mcp", storage=stage.memory, client_id="machine", client_secret="s3cret"
    )

    async def body(client):
        await client.list_tools()

    try:
        await stage.client(body, provider)
    except BaseException as failure:  # GitHub's tools are a person's: the server has no use for a machine's token
        assert not isinstance(failure, (KeyboardInterrupt, AssertionError))
    assert tokens(stage)
    for request in tokens(stage):
        assert "grant_type=client_credentials" in request["body"]
        assert request["headers"]["authorization"].startswith("Basic ")


@played("auth/2025-03-26-oauth-metadata-backcompat")
async def metadata_of_march(stage):
    """No protected-resource metadata anywhere: the MCP server's own origin has the authorization server's."""
    lab = stage.on("strict")
    whole = stage.issuer(issuer=lab.mcp, drop=[FLAG])
    for path in ("", "/mcp"):
        stage.fault("mcp", f"GET /.well-known/oauth-protected-resource{path}", "", 404)
    stage.fault("mcp", "GET /.well-known/oauth-authorization-server", whole)
    stage.bare_challenge()
    await stage.signs_in(answer={"iss": None})
    assert stage.seen("mcp", "/.well-known/oauth-authorization-server") and len(registrations(stage)) == 1
