"""CDK applications, synthesized by the AWS CDK itself; nothing of them is written by hand.

    python stacks.py MODULE FOLDER

MODULE is `aws_cdk.aws_bedrockagentcore` or `aws_cdk.aws_bedrock_agentcore_alpha`.
"""

import importlib
import sys

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_secretsmanager as secrets

TOOL = {
    "name": "echo",
    "description": "Says it again",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
}


def revision(core):
    """The stable module takes any revision; the alpha one has a list, which ends before elicitation by URL."""
    versions = core.MCPProtocolVersion
    return versions.of("2025-11-25") if hasattr(versions, "of") else list(versions)[-1]


class Whole(cdk.Stack):
    """Gateway for signed-in users, GitHub as provider, an MCP server behind it, and a role that may synchronize it."""

    def __init__(self, scope, core):
        super().__init__(scope, "Whole")
        client_secret = cdk.SecretValue.unsafe_plain_text("agentcore-local-secret")
        provider = core.OAuth2CredentialProvider.using_github(
            self, "Provider", o_auth2_credential_provider_name="cdk-github",
            client_id="Ov23liagentcorelocal", client_secret=client_secret,
        )
        endpoint = cdk.CfnParameter(self, "Endpoint", default="https://api.githubcopilot.com/mcp")
        discovery = cdk.CfnParameter(
            self, "Discovery", default="https://cognito-idp.us-east-1.amazonaws.com/.well-known/openid-configuration")
        gateway = core.Gateway(
            self, "Gateway", gateway_name="cdk-gateway",
            authorizer_configuration=core.GatewayAuthorizer.using_custom_jwt(
                discovery_url=discovery.value_as_string, allowed_clients=["web"]),
            protocol_configuration=core.McpProtocolConfiguration(
                instructions="Everything about repositories",
                supported_versions=[revision(core)],
                search_type=core.McpGatewaySearchType.SEMANTIC),
        )
        target = gateway.add_mcp_server_target(
            "Server", gateway_target_name="github", endpoint=endpoint.value_as_string,
            credential_provider_configurations=[
                core.GatewayCredentialProvider.from_oauth_identity(provider, scopes=["repo", "read:user"])
            ],
        )
        synchronizer = iam.Role(
            self, "Synchronizer", role_name="cdk-synchronizer", assumed_by=iam.AccountRootPrincipal())
        target.grant_sync(synchronizer)
        core.ApiKeyCredentialProvider(
            self, "Key", api_key_credential_provider_name="cdk-key",
            api_key=cdk.SecretValue.unsafe_plain_text("key-of-the-stack"))
        kept = secrets.Secret(self, "Kept", secret_name="cdk-secret")
        cdk.CfnOutput(self, "GatewayId", value=gateway.gateway_id)
        cdk.CfnOutput(self, "GatewayUrl", value=gateway.gateway_url)
        cdk.CfnOutput(self, "GatewayArn", value=gateway.gateway_arn)
        cdk.CfnOutput(self, "TargetId", value=target.target_id)
        cdk.CfnOutput(self, "ProviderArn", value=provider.credential_provider_arn)
        cdk.CfnOutput(self, "RoleArn", value=synchronizer.role_arn)
        cdk.CfnOutput(self, "SecretArn", value=kept.secret_arn)


class Functions(cdk.Stack):
    """The CDK's own defaults: a user pool of Cognito made on the way, and a Lambda function behind the gateway."""

    def __init__(self, scope, core):
        super().__init__(scope, "Functions")
        pool = cognito.UserPool(self, "Pool")
        client = pool.add_client("Client", generate_secret=True)
        gateway = core.Gateway(
            self, "Gateway", gateway_name="cdk-functions",
            authorizer_configuration=core.GatewayAuthorizer.using_cognito(user_pool=pool, allowed_clients=[client]))
        echo = functions.Function(
            self, "Echo", runtime=functions.Runtime.PYTHON_3_12, handler="index.handler", function_name="echo",
            code=functions.Code.from_inline("def handler(event, context):\n    return event\n"))
        definition = core.ToolDefinition(
            name=TOOL["name"], description=TOOL["description"],
            input_schema=core.SchemaDefinition(
                type=core.SchemaDefinitionType.OBJECT,
                properties={"text": core.SchemaDefinition(type=core.SchemaDefinitionType.STRING)}))
        target = gateway.add_lambda_target(
            "Target", gateway_target_name="functions", lambda_function=echo,
            tool_schema=core.ToolSchema.from_inline([definition]))
        cdk.CfnOutput(self, "GatewayId", value=gateway.gateway_id)
        cdk.CfnOutput(self, "TargetId", value=target.target_id)
        cdk.CfnOutput(self, "PoolId", value=pool.user_pool_id)


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    app = cdk.App(outdir=folder)
    module = importlib.import_module(name)
    Whole(app, module)
    Functions(app, module)
    app.synth()
