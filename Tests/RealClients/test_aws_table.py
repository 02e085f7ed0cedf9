"""The generated table of operations is whole, and the calls that no other module makes."""

import pathlib
import sys

from conftest import ROOT
from test_aws_operations import Checked

CLIENTS = ["mcp1"]
sys.path.insert(0, str(ROOT / "Tests/Tools"))


def test_every_operation_is_answered_and_called_by_a_real_client():
    import operations

    rows = list(operations.rows())
    assert len(rows) >= 57
    assert [row["operation"] for row in rows if not row["implemented"]] == []
    assert [row["operation"] for row in rows if not row["clients"]] == []
    assert pathlib.Path(operations.__file__).parent == ROOT / "Tests/Tools"


def test_updates_lists_and_deletions(lab, world):
    control, identity = Checked(lab.control_plane), Checked(lab.identity)
    changed = control.update_gateway(
        gatewayIdentifier=world.gateway_id, name=world.gateway["name"], description="new",
        roleArn=world.gateway["roleArn"], protocolType="MCP", authorizerType="CUSTOM_JWT",
        protocolConfiguration={"mcp": {"supportedVersions": ["2025-11-25"]}},
        authorizerConfiguration=world.gateway["authorizerConfiguration"])
    assert (changed["description"], changed["gatewayId"]) == ("new", world.gateway_id)
    provider = control.update_oauth2_credential_provider(
        name="github-provider", credentialProviderVendor="GithubOauth2",
        oauth2ProviderConfigInput={"githubOauth2ProviderConfig": {"clientId": "c", "clientSecret": "s"}})
    assert provider["callbackUrl"] == world.provider["callbackUrl"]
    for number in range(3):
        control.create_api_key_credential_provider(name=f"key-{number}", apiKey="k")
    pages = control.client.get_paginator("list_api_key_credential_providers").paginate(
        PaginationConfig={"PageSize": 2})
    assert [one["name"] for page in pages for one in page["credentialProviders"]] == ["key-0", "key-1", "key-2"]
    control.list_api_key_credential_providers()
    control.create_workload_identity(name="agent")
    jwt = lab.sign_in("alice")["accessToken"]
    assert identity.get_workload_access_token_for_jwt(workloadName="agent", userToken=jwt)["workloadAccessToken"]
    control.delete_workload_identity(name="agent")
    left = [one["name"] for one in control.list_workload_identities()["workloadIdentities"]]
    assert left == [world.gateway_id]
