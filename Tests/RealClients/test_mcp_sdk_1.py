"""The official MCP SDK, 1.x, unmodified: lists, calls, gets -32042 with its data intact, succeeds after consent."""

import asyncio

import httpx
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.exceptions import UrlElicitationRequiredError

CLIENTS = ["mcp1"]


def test_gateway_flow(lab, world):
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    asyncio.run(flow(lab, world.gateway_url, token))


async def flow(lab, url, token):
    headers = {"Authorization": f"Bearer {token}"}
    async with streamablehttp_client(url, headers=headers) as (read, write, _):
        async with ClientSession(read, write) as session:
            hello = await session.initialize()
            assert hello.protocolVersion == "2025-11-25"
            assert hello.serverInfo.name == "agentcore-gateway"
            tools = (await session.list_tools()).tools
            assert [tool.name for tool in tools][0] == "github___get_me"

            try:
                await session.call_tool("github___get_me", {})
                raise AssertionError("no consent was asked for")
            except McpError as error:
                assert error.error.code == -32042
                (elicitation,) = UrlElicitationRequiredError.from_error(error.error).elicitations
            assert elicitation.message == "Please login to this URL for authorization."
            assert len(elicitation.elicitationId) == 36
            assert elicitation.url.startswith(lab.aws + "/identities/oauth2/authorize?request_uri=urn%3A")

            walk = lab.consent(elicitation.url, "alice")
            assert walk["landed"].startswith(lab.app + "/callback?") and walk["status"] == 200
            result = await session.call_tool("github___get_me", {})
            assert not result.isError and "alice-gh" in result.content[0].text
            result = await session.call_tool("github___search_repositories", {"query": "agent"})
            assert not result.isError

            try:
                await session.call_tool("github___nothing", {})
                raise AssertionError("an unknown tool was called")
            except McpError as error:
                assert error.error.code == -32602


def test_a_token_of_another_client_is_refused(lab, world):
    world.create_target()
    token = lab.sign_in("service", client="service")["accessToken"]
    answer = httpx.post(
        world.gateway_url,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"},
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    )
    assert answer.status_code == 401 and "resource_metadata=" in answer.headers["www-authenticate"]


def test_bedrock_agentcore_sdk_waits_for_the_user(lab):
    """The `bedrock-agentcore` SDK's identity client polls until the application has completed."""
    from bedrock_agentcore.services.identity import IdentityClient, UserIdIdentifier

    import os

    os.environ.update(
        AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL=lab.aws,
        AWS_ENDPOINT_URL_BEDROCK_AGENTCORE=lab.aws,
        AWS_ACCESS_KEY_ID="111122223333",
        AWS_SECRET_ACCESS_KEY="anything",
    )
    client = IdentityClient(lab.region)
    client.create_oauth2_credential_provider(
        {
            "name": "gh",
            "credentialProviderVendor": "GithubOauth2",
            "oauth2ProviderConfigInput": {
                "githubOauth2ProviderConfig": {
                    "clientId": "Ov23liagentcorelocal",
                    "clientSecret": "agentcore-local-secret",
                }
            },
        }
    )
    returns = lab.app + "/callback"
    client.create_workload_identity("sdk-agent", [returns])
    workload = client.get_workload_access_token("sdk-agent", user_id="alice")["workloadAccessToken"]
    sessions = []

    def on_auth_url(url):
        session = lab.consent(url, "alice", complete=False)["landed"].split("session_id=")[1]
        session = session.replace("%3A", ":")
        sessions.append(session)
        client.complete_resource_token_auth(session, UserIdIdentifier(user_id="alice"))

    class Impatient:
        """Polls at once: the SDK's own poller sleeps five seconds first."""

        def __init__(self, again):
            self.again = again

        async def poll_for_token(self):
            return self.again()

    token = asyncio.run(
        client.get_token(
            provider_name="gh",
            scopes=["repo"],
            agent_identity_token=workload,
            auth_flow="USER_FEDERATION",
            callback_url=returns,
            on_auth_url=on_auth_url,
            token_poller=Impatient(
                lambda: client.dp_client.get_resource_oauth2_token(
                    workloadIdentityToken=workload,
                    resourceCredentialProviderName="gh",
                    scopes=["repo"],
                    oauth2Flow="USER_FEDERATION",
                    resourceOauth2ReturnUrl=returns,
                    sessionUri=sessions[0],
                )["accessToken"]
            ),
        )
    )
    assert token.startswith("gho_")
