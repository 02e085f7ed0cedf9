"""`list --operations`: the table of operations is whole. And the calls that no other module makes."""

import json
import subprocess

from conftest import BINARY, ROOT
from declared import OPERATIONS
from test_aws_operations import Checked

CLIENTS = ["mcp1"]


def listed(*more):
    done = subprocess.run([BINARY, "list", "--operations", *more], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_operation_is_answered_and_called_by_a_real_client():
    rows = json.loads(listed("--json"))
    assert [row["operation"] for row in rows] == list(OPERATIONS) and len(rows) == 57
    assert [row["operation"] for row in rows if not row["answered"]] == []
    assert [row["operation"] for row in rows if "boto3" not in row["clients"]] == []
    facts = {row["operation"]: row["facts"] for row in rows}
    assert facts["CreateGatewayTarget"]["confirmed"] > 20 and facts["CreateGatewayTarget"]["unknown"] > 5


def test_the_table_is_markdown_with_a_line_for_each():
    lines = listed().splitlines()
    assert lines[0].startswith("| operation | answered | called by |") and set(lines[1]) == set("| -")
    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {name}" for name in OPERATIONS]


def test_a_step_is_counted_however_it_is_written(tmp_path):
    step = "aws: ListGateways"
    flow = f"{{{step}, expect: {{status: 200}}}}"
    forms = [f"  - {step}", f"  - {flow}", f"  - wait: {{until: {flow}}}"]
    for number, form in enumerate(forms):
        (tmp_path / f"{number}.yaml").write_text(f"scenario: s\nspec: [T2]\nsteps:\n{form}\n")
    rows = json.loads(listed(tmp_path, "--json"))
    assert [(row["operation"], row["scenarios"]) for row in rows if row["scenarios"]] == [("ListGateways", 3)]


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
    urls = ["https://app.example.com/callback", "http://localhost:8080/callback"]
    changed = control.update_workload_identity(name="agent", allowedResourceOauth2ReturnUrls=urls)
    assert changed["allowedResourceOauth2ReturnUrls"] == urls
    jwt = lab.sign_in("alice")["accessToken"]
    assert identity.get_workload_access_token_for_jwt(workloadName="agent", userToken=jwt)["workloadAccessToken"]
    control.delete_workload_identity(name="agent")
    left = [one["name"] for one in control.list_workload_identities()["workloadIdentities"]]
    assert left == [world.gateway_id]
