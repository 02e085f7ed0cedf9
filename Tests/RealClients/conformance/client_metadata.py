"""The suite's scenarios for clients about where a server's metadata is."""

from .clients import played


def found(stage, *paths):
    """The client asked for these documents and no others, registered, signed in and got a token."""
    asked = [e["path"] for party in ("mcp", "github") for e in stage.seen(party) if "/.well-known/" in e["path"]]
    assert [path for path in asked if path in paths] == list(paths), asked
    registered = [e for e in stage.seen("github") if e["method"] == "POST" and e["path"].endswith("/register")]
    assert [e["status"] for e in registered] == [201] and len(stage.person.opened) == 1 and stage.memory.tokens
    return asked


@played("auth/metadata-default")
async def metadata_default(stage):
    stage.on("rooted")
    await stage.signs_in()
    asked = found(stage, "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server")
    assert "/.well-known/oauth-protected-resource" not in asked


@played("auth/metadata-var1")
async def metadata_var1(stage):
    stage.on("rooted")
    stage.bare_challenge()
    stage.fault("github", "GET /.well-known/oauth-authorization-server", "", 404)
    await stage.signs_in()
    found(stage, "/.well-known/oauth-protected-resource/mcp", "/.well-known/openid-configuration")


@played("auth/metadata-var2")
async def metadata_var2(stage):
    stage.on("strict")
    stage.fault("mcp", "GET /.well-known/oauth-protected-resource", stage.resource())
    stage.fault("mcp", "GET /.well-known/oauth-protected-resource/mcp", "", 404)
    stage.bare_challenge()
    await stage.signs_in()
    asked = found(stage, "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server/oauth")
    assert "/.well-known/oauth-authorization-server" not in asked


@played("auth/metadata-var3")
async def metadata_var3(stage):
    lab = stage.on("strict")
    place = "/custom/metadata/location.json"
    stage.fault("mcp", f"GET {place}", stage.resource())
    challenge = {"WWW-Authenticate": f'Bearer resource_metadata="{lab.mcp}{place}"'}
    stage.fault("mcp", "POST /mcp", {"error": "unauthorized"}, 401, challenge, first=1)
    stage.fault("github", "GET /.well-known/oauth-authorization-server/oauth", "", 404)
    await stage.signs_in()
    assert stage.seen("mcp", place)
    asked = found(stage, "/oauth/.well-known/openid-configuration")
    assert "/.well-known/oauth-protected-resource/mcp" not in asked
