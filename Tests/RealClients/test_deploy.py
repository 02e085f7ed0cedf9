"""`deploy` puts what the AWS CDK synthesizes into a served lab."""

import json
import pathlib
import shutil
import subprocess
import sys

import plain_mcp
import pytest
from conftest import BINARY, ROOT, SCHEMA, served
from walker import Walker

CLIENTS = ["aws"]

STABLE, ALPHA = "aws_cdk.aws_bedrockagentcore", "aws_cdk.aws_bedrock_agentcore_alpha"


@pytest.fixture(scope="session")
def stacks(tmp_path_factory):
    """Folders with templates, by module."""
    if shutil.which("node") is None:
        pytest.skip("node is not there, and the CDK synthesizes with it")
    script = pathlib.Path(__file__).with_name("stacks.py")
    folders = {}
    for module in STABLE, ALPHA:
        folders[module] = tmp_path_factory.mktemp(module.split(".")[-1])
        done = subprocess.run(
            [sys.executable, script, module, folders[module]], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
    return folders


def deploy(lab, template, *arguments):
    """Exit code, parsed stdout, stderr."""
    done = subprocess.run(
        [BINARY, "deploy", str(template), "--endpoint", lab.console, "--account", "111122223333", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def at_this_lab(lab):
    return ["--parameter", f"Endpoint={lab.mcp}/mcp",
            "--parameter", f"Discovery={lab.idp}/.well-known/openid-configuration"]


def with_consent(lab, stacks, module, folder):
    """The escape hatch that people use: the construct cannot say the grant type, the return URL or the tools."""
    template = json.loads((stacks[module] / "Whole.template.json").read_text())
    (target,) = [one for one in template["Resources"].values()
                 if one["Type"] == "AWS::BedrockAgentCore::GatewayTarget"]
    properties = target["Properties"]
    oauth = properties["CredentialProviderConfigurations"][0]["CredentialProvider"]["OauthCredentialProvider"]
    oauth |= {"GrantType": "AUTHORIZATION_CODE", "DefaultReturnUrl": lab.app + "/callback"}
    properties["TargetConfiguration"]["Mcp"]["McpServer"]["McpToolSchema"] = {"InlinePayload": SCHEMA}
    gateways = [one for one in template["Resources"].values() if one["Type"] == "AWS::BedrockAgentCore::Gateway"]
    gateways[0]["Properties"]["ProtocolConfiguration"]["Mcp"]["SupportedVersions"] = ["2025-11-25"]
    path = folder / "whole.template.json"
    path.write_text(json.dumps(template))
    return path


@pytest.mark.parametrize("module", [STABLE, ALPHA])
def test_a_synthesized_stack_serves_a_consented_tool_call(lab, stacks, module, tmp_path):
    path = with_consent(lab, stacks, module, tmp_path)
    code, outputs, events = deploy(lab, path, *at_this_lab(lab), "--stack-name", "Whole")
    assert code == 0, events
    assert "CREATE_COMPLETE  AWS::CloudFormation::Stack  Whole" in events
    assert outputs["ProviderArn"].endswith(":111122223333:token-vault/default/oauth2credentialprovider/cdk-github")
    found = lab.control_plane.get_gateway(gatewayIdentifier=outputs["GatewayId"])
    assert (found["status"], found["name"]) == ("READY", "cdk-gateway")
    assert found["gatewayUrl"] == outputs["GatewayUrl"] and found["gatewayArn"] == outputs["GatewayArn"]
    assert found["roleArn"].startswith("arn:aws:iam::111122223333:role/Whole-GatewayServiceRole")
    target = lab.control_plane.get_gateway_target(
        gatewayIdentifier=outputs["GatewayId"], targetId=outputs["TargetId"])
    assert target["status"] == "READY"
    assert lab.client("bedrock-agentcore-control").get_api_key_credential_provider(name="cdk-key")["name"] == "cdk-key"

    token = lab.sign_in("alice")["accessToken"]
    _, asked, _ = plain_mcp.tool(outputs["GatewayUrl"], token, "github___get_me")
    page = Walker().walk(plain_mcp.consent_url(asked), "alice-gh")
    session = page.url.split("session_id=")[1].replace("%3A", ":")
    lab.identity.complete_resource_token_auth(userIdentifier={"userToken": token}, sessionUri=session)
    status, answer, _ = plain_mcp.tool(outputs["GatewayUrl"], token, "github___get_me")
    assert status == 200 and not answer["result"]["isError"] and "alice-gh" in str(answer)


@pytest.mark.parametrize("module", [STABLE, ALPHA])
def test_the_constructs_own_oauth_configuration_asks_github_for_a_machine_token(lab, stacks, module):
    """OAuthConfiguration cannot say a grant type; without one it is CLIENT_CREDENTIALS, which GitHub does not give."""
    code, outputs, events = deploy(lab, stacks[module] / "Whole.template.json", *at_this_lab(lab))
    assert code == 3 and outputs is None
    assert "failed to stabilize, status: FAILED, reason: " in events
    assert "Authorization error when sending message" in events
    assert [one["name"] for one in lab.control_plane.list_gateways()["items"]] == ["cdk-gateway"]


@pytest.mark.parametrize("module", [STABLE, ALPHA])
def test_rollback_leaves_nothing(lab, stacks, module):
    code, _, events = deploy(lab, stacks[module] / "Whole.template.json", *at_this_lab(lab), "--rollback")
    assert code == 3 and "ROLLBACK_COMPLETE" in events
    control = lab.control_plane
    assert control.list_gateways()["items"] == []
    assert control.list_oauth2_credential_providers()["credentialProviders"] == []
    assert control.list_workload_identities()["workloadIdentities"] == []


@pytest.mark.parametrize("module", [STABLE, ALPHA])
def test_user_pool_and_function_come_with_the_gateway(lab, stacks, module):
    code, outputs, events = deploy(lab, stacks[module] / "Functions.template.json")
    assert code == 0, events
    target = lab.control_plane.get_gateway_target(
        gatewayIdentifier=outputs["GatewayId"], targetId=outputs["TargetId"])
    assert target["status"] == "READY"
    (tool,) = target["targetConfiguration"]["mcp"]["lambda"]["toolSchema"]["inlinePayload"]
    assert tool["name"] == "echo"
    authorizer = lab.control_plane.get_gateway(gatewayIdentifier=outputs["GatewayId"])["authorizerConfiguration"]
    assert outputs["PoolId"] in authorizer["customJWTAuthorizer"]["discoveryUrl"]


@pytest.mark.parametrize("module", [STABLE, ALPHA])
def test_check_creates_nothing(lab, stacks, module):
    code, creates, _ = deploy(lab, stacks[module] / "Whole.template.json", "--check")
    assert code == 0
    order = [one["type"].split("::")[-1] for one in creates]
    assert order.index("OAuth2CredentialProvider") < order.index("GatewayTarget")
    assert order.index("Role") < order.index("Gateway") < order.index("GatewayTarget")
    assert lab.control_plane.list_gateways()["items"] == []


def test_the_bootstrap_rule_is_the_cdks(lab, stacks):
    """`CheckBootstrapVersion` looks at a parameter of Systems Manager, given by its value here."""
    path = stacks[STABLE] / "Functions.template.json"
    code, _, events = deploy(lab, path, "--check", "--parameter", "BootstrapVersion=5")
    assert code == 2 and "CDK bootstrap stack version 6 required" in events
    assert deploy(lab, path, "--check", "--parameter", "BootstrapVersion=30")[0] == 0


def test_a_lab_is_served_from_a_template(stacks, tmp_path):
    with served(tmp_path, "--deploy", str(stacks[STABLE] / "Functions.template.json")) as lab:
        gateways = lab.client("bedrock-agentcore-control", key="000000000000").list_gateways()["items"]
        assert [one["name"] for one in gateways] == ["cdk-functions"]
