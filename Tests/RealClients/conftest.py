"""A served lab for unmodified clients.

Each client environment runs this folder with its own `--client`; a module says in `CLIENTS` which ones it is for.
"""

import contextlib
import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import urllib.request

import answers
import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests/Tools"))
import serving  # noqa: E402

# `make test-clients` names it; another build may stand in for it.
BINARY = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))


def pytest_addoption(parser):
    parser.addoption("--client", default="mcp1", choices=["mcp1", "mcp2", "aws"], help="which client environment this is")


def pytest_ignore_collect(collection_path, config):
    """A module for another environment may import what this one does not have, so it is not even read."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    source = collection_path.read_text()
    return True if f'"{config.getoption("--client")}"' not in source.split("CLIENTS =", 1)[-1].split("\n", 1)[0] else None


class Lab:
    """A running `agentcore-local serve` and the ways into it."""

    def __init__(self, process, endpoints):
        self.process = process
        self.endpoints = endpoints
        self.region = endpoints["region"]

    def __getattr__(self, party):
        return self.endpoints[party]

    def control(self, method, path, body=None):
        """One call of the control API; the parsed answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.endpoints["console"] + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def sign_in(self, user, client="web"):
        return self.control("POST", "/_local/sign-in", {"user": user, "client": client})

    def consent(self, url, user, **options):
        return self.control("POST", "/_local/consent", {"url": url, "user": user, **options})

    def advance(self, span):
        return self.control("POST", "/_local/clock", {"advance": span})

    def client(self, service, key="111122223333", secret="anything", token=None):
        """A boto3 client with nothing changed but the endpoint. Every answer it gets is checked against the model."""
        client = boto3.client(
            service,
            endpoint_url=self.endpoints["aws"],
            region_name=self.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"max_attempts": 0}),
        )
        return answers.watch(client)

    # Made once: making one takes as long as a gateway that a test wants to find unready.
    @functools.cached_property
    def control_plane(self):
        return self.client("bedrock-agentcore-control")

    @functools.cached_property
    def identity(self):
        return self.client("bedrock-agentcore")


@contextlib.contextmanager
def served(folder, *arguments):
    """A lab on free ports; `arguments` go to `serve`."""
    endpoints, log = folder / "endpoints.json", folder / "endpoints.log"
    with open(log, "w") as output:
        try:
            process, origins = serving.start(
                BINARY, endpoints, "--seed", "7", *arguments, stdout=output, stderr=subprocess.STDOUT)
        except serving.Ended as end:
            pytest.exit(f"{end}:\n{log.read_text()}", returncode=3)
    try:
        yield Lab(process, origins)
    finally:
        # Whatever came of the test, no lab outlives it.
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=10)
    assert code == 0


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with served(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(autouse=True)
def fresh(lab):
    """Every test begins with the lab's first state."""
    lab.control("POST", "/_local/reset")


@pytest.fixture
def world(lab):
    """A GitHub provider and a ready gateway, made by boto3."""
    return World(lab)


SCHEMA = json.dumps(
    {
        "tools": [
            {"name": name, "description": name, "inputSchema": {"type": "object", "properties": {}}}
            for name in ("get_me", "search_repositories", "list_issues")
        ]
    }
)


class World:
    """What the tests have in common: provider, gateway, targets."""

    def __init__(self, lab):
        self.lab = lab
        control = lab.control_plane
        self.provider = control.create_oauth2_credential_provider(
            name="github-provider",
            credentialProviderVendor="GithubOauth2",
            oauth2ProviderConfigInput={
                "githubOauth2ProviderConfig": {
                    "clientId": "Ov23liagentcorelocal",
                    "clientSecret": "agentcore-local-secret",
                }
            },
        )
        self.gateway = control.create_gateway(
            name="demo-gw",
            roleArn="arn:aws:iam::111122223333:role/gw",
            protocolType="MCP",
            protocolConfiguration={"mcp": {"supportedVersions": ["2025-11-25"]}},
            authorizerType="CUSTOM_JWT",
            authorizerConfiguration={
                "customJWTAuthorizer": {
                    "discoveryUrl": lab.idp + "/.well-known/openid-configuration",
                    "allowedClients": ["web"],
                }
            },
        )
        self.gateway_id = self.gateway["gatewayId"]
        self.gateway_url = self.gateway["gatewayUrl"]
        lab.advance("1s")
        assert control.get_gateway(gatewayIdentifier=self.gateway_id)["status"] == "READY"

    def credentials(self, **extra):
        return [
            {
                "credentialProviderType": "OAUTH",
                "credentialProvider": {
                    "oauthCredentialProvider": {
                        "providerArn": self.provider["credentialProviderArn"],
                        "grantType": "AUTHORIZATION_CODE",
                        "defaultReturnUrl": self.lab.app + "/callback",
                        "scopes": ["repo", "read:user"],
                        **extra,
                    }
                },
            }
        ]

    def server(self, schema=None):
        server = {"endpoint": self.lab.mcp + "/mcp"}
        if schema:
            server["mcpToolSchema"] = {"inlinePayload": schema}
        return {"mcp": {"mcpServer": server}}

    def create_target(self, name="github", schema=SCHEMA, **extra):
        return self.lab.control_plane.create_gateway_target(
            gatewayIdentifier=self.gateway_id,
            name=name,
            targetConfiguration=self.server(schema),
            credentialProviderConfigurations=self.credentials(**extra),
        )

    def target(self, target_id):
        return self.lab.control_plane.get_gateway_target(gatewayIdentifier=self.gateway_id, targetId=target_id)
