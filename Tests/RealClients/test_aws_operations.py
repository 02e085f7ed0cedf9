"""Every operation of the contract by boto3; each answer is checked against the service model that botocore carries."""

import re

import botocore.exceptions
import pytest
from answers import faults, unknown

CLIENTS = ["mcp1"]


class Checked:
    """A boto3 client that remembers what it called; what it is told was checked on the way (answers.py)."""

    def __init__(self, client):
        self.client = client
        self.called = set()

    def __getattr__(self, name):
        def call(**arguments):
            answer = getattr(self.client, name)(**arguments)
            self.called.add(self.client.meta.method_to_api_mapping[name])
            return answer

        return call


def refused(call, code, *fields, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code, error.value
    status = {"ValidationException": 400, "ResourceNotFoundException": 404, "ConflictException": 409}[code]
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    for field in fields:
        assert field in [entry["name"] for entry in error.value.response["fieldList"]]
    return error.value.response["Error"]["Message"]


@pytest.fixture
def control(lab):
    return Checked(lab.control_plane)


@pytest.fixture
def identity(lab):
    return Checked(lab.identity)


def test_the_checker_sees_what_is_wrong(lab):
    shape = lab.control_plane.meta.service_model.operation_model("GetTokenVault").output_shape
    answer = {"tokenVaultId": "no spaces please", "kmsConfiguration": {"keyType": "Own"}, "colour": "red"}
    assert [fault.split(":")[0] for fault in faults(shape, answer)] == [
        ".lastModifiedDate is missing", ".tokenVaultId", ".kmsConfiguration.keyType", ".colour is unknown"]
    assert list(unknown(shape, {"kmsConfiguration": {"keyType": "x", "size": 1}})) == [".kmsConfiguration.size"]


def test_api_key_providers(lab, control, identity):
    created = control.create_api_key_credential_provider(name="weather", apiKey="key-of-weather", tags={"a": "1"})
    assert re.search(r":secret:bedrock-agentcore-identity!default/apikey/weather-\w{6}$",
                     created["apiKeySecretArn"]["secretArn"])
    arn = created["credentialProviderArn"]
    assert arn.endswith(":111122223333:token-vault/default/apikeycredentialprovider/weather")
    assert control.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}
    assert "already exists" in refused(
        control.create_api_key_credential_provider, "ValidationException", name="weather", apiKey="x")
    got = control.get_api_key_credential_provider(name="weather")
    assert "key-of-weather" not in str(got) and got["createdTime"] <= got["lastUpdatedTime"]
    external = control.create_api_key_credential_provider(
        name="mine", apiKeySecretSource="EXTERNAL", apiKeySecretConfig={"secretId": "s", "jsonKey": "k"})
    assert (external["apiKeySecretSource"], external["apiKeySecretJsonKey"]) == ("EXTERNAL", "k")
    refused(control.create_api_key_credential_provider, "ValidationException", "apiKeySecretConfig",
            name="none", apiKeySecretSource="EXTERNAL")

    control.create_workload_identity(name="agent")
    token = identity.get_workload_access_token(workloadName="agent")["workloadAccessToken"]

    def key(name="weather", token=token):
        return identity.get_resource_api_key(workloadIdentityToken=token, resourceCredentialProviderName=name)

    assert key()["apiKey"] == "key-of-weather"
    control.update_api_key_credential_provider(name="weather", apiKey="another")
    assert key()["apiKey"] == "another"
    refused(lambda **_: key(name="nobody"), "ResourceNotFoundException")
    with pytest.raises(lab.identity.exceptions.UnauthorizedException):
        lab.identity.get_resource_api_key(workloadIdentityToken="no", resourceCredentialProviderName="weather")
    control.delete_api_key_credential_provider(name="weather")
    refused(control.get_api_key_credential_provider, "ResourceNotFoundException", name="weather")
    refused(control.update_api_key_credential_provider, "ResourceNotFoundException", name="weather", apiKey="x")


def test_token_vault(control):
    assert control.get_token_vault()["kmsConfiguration"] == {"keyType": "ServiceManagedKey"}
    keys = {
        "keyType": "CustomerManagedKey",
        "kmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000",
    }
    assert control.set_token_vault_cmk(kmsConfiguration=keys)["kmsConfiguration"] == keys
    assert control.get_token_vault(tokenVaultId="default")["kmsConfiguration"] == keys
    refused(control.set_token_vault_cmk, "ValidationException", "kmsConfiguration.kmsKeyArn",
            kmsConfiguration={"keyType": "CustomerManagedKey"})
    refused(control.reset_token_vault_key_material, "ValidationException", tokenVaultId="default")
    refused(control.get_token_vault, "ResourceNotFoundException", tokenVaultId="other")


def test_tags_and_policies(world, control):
    arn = world.gateway["gatewayArn"]
    control.tag_resource(resourceArn=arn, tags={"team": "a", "stage": "dev"})
    control.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert control.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "dev"}
    refused(control.list_tags_for_resource, "ResourceNotFoundException", resourceArn=arn + "0")
    assert "policy" not in control.get_resource_policy(resourceArn=arn)
    refused(control.delete_resource_policy, "ResourceNotFoundException", resourceArn=arn)
    policy = '{"Version":"2012-10-17","Statement":[]}'
    assert control.put_resource_policy(resourceArn=arn, policy=policy)["policy"] == policy
    assert control.get_resource_policy(resourceArn=arn)["policy"] == policy
    control.delete_resource_policy(resourceArn=arn)
    refused(control.put_resource_policy, "ValidationException", "policy", resourceArn=arn, policy="no json")


def test_rules_and_rate_limits(world, control):
    at = {"gatewayIdentifier": world.gateway_id}
    actions = [{"routeToTarget": {"staticRoute": {"targetName": "github"}}}]
    refused(control.create_gateway_rule, "ResourceNotFoundException", **at, priority=1, actions=actions)
    world.create_target()
    token = "t" * 33
    rule = control.create_gateway_rule(**at, priority=1, actions=actions, clientToken=token)
    again = control.create_gateway_rule(**at, priority=1, actions=actions, clientToken=token)
    assert again["ruleId"] == rule["ruleId"] and rule["status"] == "CREATING"
    assert control.get_gateway_rule(**at, ruleId=rule["ruleId"])["status"] == "ACTIVE"
    refused(control.create_gateway_rule, "ConflictException", **at, priority=1, actions=actions)
    changed = control.update_gateway_rule(**at, ruleId=rule["ruleId"], description="new")
    assert (changed["priority"], changed["description"]) == (1, "new")
    control.create_gateway_rule(**at, priority=2, actions=actions)
    assert len(control.list_gateway_rules(**at, maxResults=1)["gatewayRules"]) == 1
    pages = control.client.get_paginator("list_gateway_rules").paginate(**at, PaginationConfig={"PageSize": 1})
    assert [page["gatewayRules"][0]["priority"] for page in pages] == [1, 2]
    assert control.delete_gateway_rule(**at, ruleId=rule["ruleId"])["status"] == "DELETING"
    refused(control.get_gateway_rule, "ResourceNotFoundException", **at, ruleId=rule["ruleId"])

    limit = {"dimensionKeys": ["toolName"],
             "entries": [{"dimensions": {"toolName": "*"}, "requests": [{"rate": 5, "period": "minute"}]}]}
    control.create_gateway_rate_limit(**at, rateLimitId="few", **limit)
    refused(control.create_gateway_rate_limit, "ConflictException", **at, rateLimitId="few", **limit)
    assert control.get_gateway_rate_limit(**at, rateLimitId="few")["status"] == "ACTIVE"
    control.update_gateway_rate_limit(**at, rateLimitId="few", entries=limit["entries"], description="d")
    refused(control.create_gateway_rate_limit, "ConflictException", **at, rateLimitId="more", **limit)
    other = {"dimensionKeys": ["targetName"], "entries": [{"dimensions": {"targetName": "*"}}]}
    put = control.batch_put_gateway_rate_limits(**at, rateLimits=[limit, other])
    assert [one["status"] for one in put["rateLimits"]] == ["UPDATING", "CREATING"]
    assert put["rateLimits"][0]["rateLimitId"] == "few"
    assert len(control.list_gateway_rate_limits(**at)["rateLimits"]) == 2
    assert control.delete_gateway_rate_limit(**at, rateLimitId="few")["status"] == "DELETING"
    refused(control.get_gateway_rate_limit, "ResourceNotFoundException", **at, rateLimitId="few")


def test_consent_portals(world, control):
    asked = {
        "name": "portal",
        "executionRoleArn": "arn:aws:iam::111122223333:role/portal",
        "idpConfig": {"credentialProviderArn": world.provider["credentialProviderArn"], "scopes": ["openid"]},
        "sources": [{"identifier": world.gateway_id, "type": "agentcore-gateway"}],
    }
    portal = control.create_consent_portal(**asked)
    refused(control.create_consent_portal, "ConflictException", **asked)
    at = {"consentPortalIdentifier": portal["consentPortalId"]}
    refused(control.delete_consent_portal, "ConflictException", **at)
    world.lab.advance("1s")
    active = control.get_consent_portal(**at)
    assert active["status"] == "ACTIVE" and active["portalUrl"].startswith(world.lab.aws)
    assert control.update_consent_portal(**at, description="d")["status"] == "UPDATING"
    world.lab.advance("1s")
    assert [one["name"] for one in control.list_consent_portals()["consentPortals"]] == ["portal"]
    control.delete_consent_portal(**at)
    assert control.get_consent_portal(**at)["status"] == "DELETING"
    world.lab.advance("1s")
    refused(control.get_consent_portal, "ResourceNotFoundException", **at)


OWN = {"Custom", "Google", "Github", "Slack", "Salesforce", "Microsoft", "Atlassian", "Linkedin"}


def test_every_vendor_has_input_and_output(lab, control):
    model = lab.control_plane.meta.service_model
    shape = model.operation_model("CreateOauth2CredentialProvider").input_shape
    for vendor in shape.members["credentialProviderVendor"].metadata["enum"]:
        short = vendor.removesuffix("Oauth2")
        member = f"{short.lower()}Oauth2ProviderConfig" if short in OWN else "includedOauth2ProviderConfig"
        endpoints = {
            "issuer": "https://id.example", "authorizationEndpoint": "https://id.example/a",
            "tokenEndpoint": "https://id.example/t",
        }
        config = {"clientId": "c", "clientSecret": "s3cret-of-vendor"}
        if short == "Custom":
            config["oauthDiscovery"] = {"authorizationServerMetadata": endpoints}
        elif short not in OWN:
            config |= endpoints
        control.create_oauth2_credential_provider(
            name=short, credentialProviderVendor=vendor, oauth2ProviderConfigInput={member: config})
        got = control.get_oauth2_credential_provider(name=short)
        assert list(got["oauth2ProviderConfigOutput"]) == [member]
        assert got["oauth2ProviderConfigOutput"][member]["clientId"] == "c"
        assert "s3cret-of-vendor" not in str(got)
    pages = lab.control_plane.get_paginator("list_oauth2_credential_providers").paginate(
        PaginationConfig={"PageSize": 7})
    names = [one["name"] for page in pages for one in page["credentialProviders"]]
    assert len(names) == len(set(names)) == len(shape.members["credentialProviderVendor"].metadata["enum"])


def test_an_operation_outside_the_scope_is_told_apart(lab):
    message = refused(lab.control_plane.list_agent_runtimes, "ValidationException")
    assert "GetResourceApiKey" in message and "CreateGateway" in message
