"""The AgentCore SDK's identity client and decorators, and the starter toolkit's gateway client."""

import time

import boto3
import pytest
from conftest import SCHEMA
from walker import Walker, query

CLIENTS = ["aws"]


@pytest.fixture
def agent(lab, monkeypatch, tmp_path):
    """The SDK as an agent on a developer's machine has it: the endpoints are all that differs."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": lab.aws, "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL": lab.aws,
        "AWS_REGION": lab.region, "AWS_DEFAULT_REGION": lab.region, "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "anything",
    }.items():
        monkeypatch.setenv(name, value)
    from bedrock_agentcore.services import identity

    monkeypatch.setattr(identity, "DEFAULT_POLLING_INTERVAL_SECONDS", 0.02)
    return identity


def github(lab):
    return lab.control_plane.create_oauth2_credential_provider(
        name="github", credentialProviderVendor="GithubOauth2",
        oauth2ProviderConfigInput={"githubOauth2ProviderConfig": {
            "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}})


def test_the_identity_client(lab, agent):
    client = agent.IdentityClient(lab.region)
    created = client.create_workload_identity("agent", allowed_resource_oauth_2_return_urls=[lab.app + "/callback"])
    assert created["name"] == "agent"
    assert client.get_workload_identity("agent")["allowedResourceOauth2ReturnUrls"] == [lab.app + "/callback"]
    client.update_workload_identity("agent", allowed_resource_oauth_2_return_urls=[lab.app + "/other"])
    assert client.get_workload_identity("agent")["allowedResourceOauth2ReturnUrls"] == [lab.app + "/other"]
    assert client.create_workload_identity()["name"].startswith("workload-")
    client.create_api_key_credential_provider({"name": "weather", "apiKey": "key-of-weather"})
    client.create_oauth2_credential_provider({
        "name": "github", "credentialProviderVendor": "GithubOauth2",
        "oauth2ProviderConfigInput": {"githubOauth2ProviderConfig": {"clientId": "c", "clientSecret": "s"}}})
    jwt = lab.sign_in("alice")["accessToken"]
    for who in {}, {"user_id": "alice"}, {"user_token": jwt}:
        assert client.get_workload_access_token("agent", **who)["workloadAccessToken"]


def test_requires_api_key(lab, agent):
    from bedrock_agentcore.identity.auth import requires_api_key

    lab.control_plane.create_api_key_credential_provider(name="weather", apiKey="key-of-weather")

    @requires_api_key(provider_name="weather")
    def forecast(city, *, api_key):
        return f"{city}: {api_key}"

    assert forecast("Oslo") == "Oslo: key-of-weather"


def test_requires_access_token_waits_for_the_person(lab, agent):
    from bedrock_agentcore.identity.auth import requires_access_token
    import json
    import pathlib

    github(lab)
    lab.control_plane.create_workload_identity(
        name="local-agent", allowedResourceOauth2ReturnUrls=[lab.app + "/callback"])
    pathlib.Path(".agentcore.json").write_text(
        json.dumps({"workload_identity_name": "local-agent", "user_id": "alice"}))
    asked = []

    def consent(url):
        asked.append(url)
        page = Walker().walk(url, "alice-gh")
        assert query(page.url, "custom") is None
        agent.IdentityClient(lab.region).complete_resource_token_auth(
            query(page.url, "session_id"), agent.UserIdIdentifier(user_id="alice"))

    @requires_access_token(
        provider_name="github", scopes=["repo"], auth_flow="USER_FEDERATION", on_auth_url=consent,
        callback_url=lab.app + "/callback", force_authentication=True)
    async def first(*, access_token):
        return access_token

    @requires_access_token(
        provider_name="github", scopes=["repo"], auth_flow="USER_FEDERATION", on_auth_url=consent,
        callback_url=lab.app + "/callback")
    def second(*, access_token):
        return access_token

    import asyncio

    token = asyncio.run(first())
    assert token.startswith("gho_") and len(asked) == 1
    # The vault has it now: nobody is asked again.
    assert second() == token and len(asked) == 1


def test_the_starter_toolkit_makes_and_removes_a_gateway(lab, agent, monkeypatch):
    from bedrock_agentcore_starter_toolkit.operations.gateway.client import GatewayClient

    # The toolkit waits between two looks; here the lab's time passes instead of ours.
    monkeypatch.setattr(time, "sleep", lambda seconds: lab.advance(f"{int(seconds * 1000)}ms"))
    toolkit = GatewayClient(region_name=lab.region, endpoint_url=lab.aws)
    gateway = toolkit.create_mcp_gateway(
        name="Toolkit", role_arn="arn:aws:iam::111122223333:role/gw", enable_observability=False,
        authorizer_config={"customJWTAuthorizer": {
            "discoveryUrl": lab.idp + "/.well-known/openid-configuration", "allowedClients": ["web"]}})
    assert gateway["gatewayId"].startswith("toolkit-")
    target = toolkit.create_mcp_gateway_target(
        gateway, name="open", target_type="mcpServer", target_payload={
            "endpoint": lab.mcp + "/mcp", "mcpToolSchema": {"inlinePayload": SCHEMA}})
    assert target["status"] in ("CREATING", "READY")
    listed = toolkit.list_gateways()
    assert (listed["status"], listed["count"]) == ("success", 1)
    found = toolkit.get_gateway(name="Toolkit")
    assert found["status"] == "success", found
    assert toolkit.list_gateway_targets(name="Toolkit")["count"] == 1
    refused = toolkit.delete_gateway(name="Toolkit")
    assert refused["status"] == "error" and "Delete them first" in refused["message"]
    toolkit.cleanup_gateway(gateway["gatewayId"])
    lab.advance("1s")
    assert toolkit.list_gateways()["count"] == 0


def test_the_toolkit_gives_up_on_a_target_that_waits_for_consent(lab, agent, monkeypatch):
    """It knows no *_PENDING_AUTH and raises at the first look (starter toolkit, `__wait_for_ready`)."""
    from bedrock_agentcore_starter_toolkit.operations.gateway.client import GatewayClient

    monkeypatch.setattr(time, "sleep", lambda seconds: lab.advance(f"{int(seconds * 1000)}ms"))
    provider = github(lab)
    toolkit = GatewayClient(region_name=lab.region, endpoint_url=lab.aws)
    gateway = boto3.client("bedrock-agentcore-control").create_gateway(
        name="waiting", roleArn="arn:aws:iam::111122223333:role/gw", protocolType="MCP",
        protocolConfiguration={"mcp": {"supportedVersions": ["2025-11-25"]}}, authorizerType="NONE")
    lab.advance("1s")
    target = boto3.client("bedrock-agentcore-control").create_gateway_target(
        gatewayIdentifier=gateway["gatewayId"], name="github",
        targetConfiguration={"mcp": {"mcpServer": {"endpoint": lab.mcp + "/mcp"}}},
        credentialProviderConfigurations=[{"credentialProviderType": "OAUTH", "credentialProvider": {
            "oauthCredentialProvider": {
                "providerArn": provider["credentialProviderArn"], "grantType": "AUTHORIZATION_CODE",
                "defaultReturnUrl": lab.app + "/callback", "scopes": ["repo"]}}}])
    assert target["status"] == "CREATE_PENDING_AUTH"
    with pytest.raises(Exception, match="CREATE_PENDING_AUTH|failed"):
        toolkit._GatewayClient__wait_for_ready(
            "Target", toolkit.client.get_gateway_target,
            {"gatewayIdentifier": gateway["gatewayId"], "targetId": target["targetId"]})
