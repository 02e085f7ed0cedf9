"""AWS CLI v1, ten commands and more, with the environment that `env` prints and nothing else."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT, SCHEMA
from walker import Walker, query

CLIENTS = ["aws"]
AWS = pathlib.Path(sys.executable).with_name("aws")


@pytest.fixture
def environment(lab, tmp_path):
    """What a shell has after `eval "$(agentcore-local env)"`."""
    (tmp_path / "endpoints.json").write_text(json.dumps(lab.endpoints))
    printed = subprocess.run(
        [BINARY, "env", "--endpoints-file", tmp_path / "endpoints.json"], capture_output=True, text=True, cwd=ROOT,
        check=True)
    lines = dict(re.findall(r"^export (\w+)=['\"]?(.*?)['\"]?$", printed.stdout, re.MULTILINE))
    assert lines["AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL"] == lab.aws
    # CLI v1 fetches an argument that is a URL, and sends what it found there (https://github.com/aws/aws-cli, v1).
    config = tmp_path / "config"
    config.write_text("[default]\ncli_follow_urlparam = false\n")
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_CONFIG_FILE": str(config), "AWS_PAGER": "",
            "AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "anything", **lines}


@pytest.fixture
def aws(environment):
    def call(service, command, *, fails=None, **options):
        arguments = [str(AWS), service, command, "--output", "json"]
        for name, value in options.items():
            arguments.append("--" + name.replace("_", "-"))
            if value is not True:
                texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
                arguments += value if texts else [value if isinstance(value, str) else json.dumps(value)]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60)
        if fails:
            assert done.returncode == 255 and f"({fails})" in done.stderr, done.stderr
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    return call


CONTROL, DATA = "bedrock-agentcore-control", "bedrock-agentcore"


def test_the_whole_flow_by_the_cli(lab, aws):
    provider = aws(
        CONTROL, "create-oauth2-credential-provider", name="github", credential_provider_vendor="GithubOauth2",
        oauth2_provider_config_input={"githubOauth2ProviderConfig": {
            "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}})
    gateway = aws(
        CONTROL, "create-gateway", name="cli-gw", role_arn="arn:aws:iam::111122223333:role/gw", protocol_type="MCP",
        protocol_configuration={"mcp": {"supportedVersions": ["2025-11-25"]}}, authorizer_type="CUSTOM_JWT",
        authorizer_configuration={"customJWTAuthorizer": {
            "discoveryUrl": lab.idp + "/.well-known/openid-configuration", "allowedClients": ["web"]}})
    identifier = gateway["gatewayId"]
    lab.advance("1s")
    assert aws(CONTROL, "get-gateway", gateway_identifier=identifier)["status"] == "READY"
    credentials = [{"credentialProviderType": "OAUTH", "credentialProvider": {"oauthCredentialProvider": {
        "providerArn": provider["credentialProviderArn"], "grantType": "AUTHORIZATION_CODE",
        "defaultReturnUrl": lab.app + "/callback", "scopes": ["repo"]}}}]

    def configuration(**server):
        return {"mcp": {"mcpServer": {"endpoint": lab.mcp + "/mcp", **server}}}

    target = aws(
        CONTROL, "create-gateway-target", gateway_identifier=identifier, name="github",
        target_configuration=configuration(), credential_provider_configurations=credentials)
    oauth2 = target["authorizationData"]["oauth2"]
    assert target["status"] == "CREATE_PENDING_AUTH"
    page = Walker().walk(oauth2["authorizationUrl"], "admin-gh")
    aws(DATA, "complete-resource-token-auth", session_uri=query(page.url, "session_id"),
        user_identifier={"userId": oauth2["userId"]})
    lab.advance("1s")
    assert aws(CONTROL, "get-gateway-target", gateway_identifier=identifier,
               target_id=target["targetId"])["status"] == "READY"
    static = aws(
        CONTROL, "create-gateway-target", gateway_identifier=identifier, name="static",
        target_configuration=configuration(mcpToolSchema={"inlinePayload": SCHEMA}),
        credential_provider_configurations=credentials)
    assert static["status"] == "READY"
    listed = aws(CONTROL, "list-gateway-targets", gateway_identifier=identifier, page_size="1")
    assert sorted(one["name"] for one in listed["items"]) == ["github", "static"]
    words = aws(CONTROL, "delete-gateway", gateway_identifier=identifier, fails="ValidationException")
    assert "has targets associated with it" in words
    for one in target, static:
        aws(CONTROL, "delete-gateway-target", gateway_identifier=identifier, target_id=one["targetId"])
    lab.advance("1s")
    assert aws(CONTROL, "delete-gateway", gateway_identifier=identifier)["status"] == "DELETING"


def test_identities_keys_and_tags(lab, aws):
    made = aws(CONTROL, "create-workload-identity", name="agent",
               allowed_resource_oauth2_return_urls=[lab.app + "/callback"])
    aws(CONTROL, "create-api-key-credential-provider", name="weather", api_key="key-of-weather")
    token = aws(DATA, "get-workload-access-token", workload_name="agent")["workloadAccessToken"]
    key = aws(DATA, "get-resource-api-key", workload_identity_token=token,
              resource_credential_provider_name="weather")
    assert key == {"apiKey": "key-of-weather"}
    aws(CONTROL, "tag-resource", resource_arn=made["workloadIdentityArn"], tags={"team": "a"})
    assert aws(CONTROL, "list-tags-for-resource", resource_arn=made["workloadIdentityArn"])["tags"] == {"team": "a"}
    assert [one["name"] for one in aws(CONTROL, "list-workload-identities")["workloadIdentities"]] == ["agent"]
    aws(CONTROL, "get-workload-identity", name="nobody", fails="ResourceNotFoundException")
    aws(CONTROL, "create-workload-identity", name="agent", fails="ValidationException")
