"""Writes mocks/cloudformation/types.json: properties and attributes of the resource types that `deploy` knows.

They are read from the resource schemas that cfn-lint carries (pip install cfn-lint):

    python3 Tests/Tools/cloudformation.py > mocks/cloudformation/types.json
"""

import json
import sys

import cfnlint
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

TYPES = [
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider",
    "AWS::BedrockAgentCore::ConsentPortal",
    "AWS::BedrockAgentCore::Gateway",
    "AWS::BedrockAgentCore::GatewayRateLimit",
    "AWS::BedrockAgentCore::GatewayRule",
    "AWS::BedrockAgentCore::GatewayTarget",
    "AWS::BedrockAgentCore::OAuth2CredentialProvider",
    "AWS::BedrockAgentCore::ResourcePolicy",
    "AWS::BedrockAgentCore::WorkloadIdentity",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::SecretsManager::Secret",
]


def described(name):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema
    top = sorted({path.split("/")[2] for path in schema.get("readOnlyProperties", [])})
    properties = [name for name in schema["properties"] if name not in top]
    return {"properties": sorted(properties), "required": sorted(schema.get("required", [])), "attributes": top}


json.dump(
    {"source": f"cfn-lint {cfnlint.version.__version__}, us-east-1", "types": {t: described(t) for t in TYPES}},
    sys.stdout,
    indent=1,
)
print()
