"""The wheel in an empty environment: the program, the typed API, the pytest fixture with consent in it."""
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

from conftest import BINARY, ROOT

CLIENTS = {"mcp1"}

TEST = '''
import json
import urllib.request

import pytest
from agentcore_local import Lab, LabError


def call(url, token, tool):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json",
               "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


def test_a_user_consents_once(agentcore_local: Lab):
    lab = agentcore_local
    control = lab.boto3("bedrock-agentcore-control")
    provider = control.create_oauth2_credential_provider(
        name="github", credentialProviderVendor="GithubOauth2", oauth2ProviderConfigInput={
            "githubOauth2ProviderConfig": {
                "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}})
    gateway = control.create_gateway(
        name="demo", roleArn="arn:aws:iam::000000000000:role/gateway", protocolType="MCP",
        protocolConfiguration={"mcp": {"supportedVersions": ["2025-11-25"]}}, authorizerType="CUSTOM_JWT",
        authorizerConfiguration={"customJWTAuthorizer": {
            "discoveryUrl": lab.idp + "/.well-known/openid-configuration", "allowedClients": ["web"]}})
    lab.advance("1s")
    schema = {"tools": [{"name": "get_me", "description": "Who am I?", "inputSchema": {"type": "object"}}]}
    control.create_gateway_target(
        gatewayIdentifier=gateway["gatewayId"], name="github",
        targetConfiguration={"mcp": {"mcpServer": {
            "endpoint": lab.mcp + "/mcp", "mcpToolSchema": {"inlinePayload": json.dumps(schema)}}}},
        credentialProviderConfigurations=[{"credentialProviderType": "OAUTH", "credentialProvider": {
            "oauthCredentialProvider": {
                "providerArn": provider["credentialProviderArn"], "grantType": "AUTHORIZATION_CODE",
                "scopes": ["read:user"], "defaultReturnUrl": lab.app + "/callback"}}}])
    token = lab.sign_in("alice").access_token
    asked = call(gateway["gatewayUrl"], token, "github___get_me")
    assert asked["error"]["code"] == -32042
    walk = lab.consent(asked["error"]["data"]["elicitations"][0]["url"], "alice")
    assert walk.status == 200 and walk.hops
    assert "alice-gh" in call(gateway["gatewayUrl"], token, "github___get_me")["result"]["content"][0]["text"]
    assert lab.transitions("session ")[-1] == "BOUND"
    held = [row for row in lab.tokens(issuer="github", user="alice") if row["kind"] == "access_token"]
    assert [row["heldBy"] for row in held] == [["vault"]]
    assert len(lab.exchanges(to="github", path="/login/oauth/access_token")) == 1


def test_every_test_begins_anew(agentcore_local: Lab):
    assert agentcore_local.tokens() == [] and agentcore_local.journal() == []
    kept = agentcore_local.snapshot()
    agentcore_local.sign_in("alice")
    agentcore_local.restore(kept)
    assert agentcore_local.journal() == []
    with pytest.raises(LabError, match="there is no user|nobody"):
        agentcore_local.sign_in("nobody")


def test_that_fails(agentcore_local: Lab):
    agentcore_local.sign_in("bob")
    assert False
'''


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the wheel, boto3 and pytest, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    stripped = folder / "agentcore-local"
    subprocess.run(["strip", "-o", stripped, BINARY], check=True)
    subprocess.run([sys.executable, ROOT / "Tests/Tools/wheel.py", stripped, folder, "1"], check=True, cwd=folder)
    wheel = next(folder.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pins = [line.strip() for line in (ROOT / "Tests/RealClients/mcp1.txt").read_text().splitlines()]
    wanted = [pin for pin in pins if pin.split("==")[0] in ("boto3", "botocore", "pytest")]
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel, *wanted], check=True)
    return folder


def run(folder, *words):
    own = {name: value for name, value in os.environ.items() if not name.startswith("AGENTCORE_LOCAL")}
    return subprocess.run(
        [folder / "venv/bin" / words[0], *words[1:]], cwd=folder, env=own, capture_output=True, text=True, timeout=120)


def test_the_readmes_lines_alone_give_a_green_pytest_with_consent(environment, tmp_path):
    """An empty environment, what stands in the README, and nothing else."""
    readme = (ROOT / "README.md").read_text()
    shells = re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    (commands,) = [text for text in shells if "/pip" in text]
    ((name, program),) = re.findall(r"^```python (\S+)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    (tmp_path / name).write_text(program)
    (tmp_path / ".build/wheel").mkdir(parents=True)
    wheel = next(environment.glob("*.whl"))
    (tmp_path / ".build/wheel" / wheel.name).symlink_to(wheel)
    # The wheel stands there already: it is made of another binary than `make wheel` takes.
    foreign = ("AGENTCORE_LOCAL", "PYTHON", "PYTEST")
    own = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    own["PATH"] = f"{pathlib.Path(sys.executable).parent}:{own['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", f"make() {{ :; }}\n{commands}"], cwd=tmp_path, env=own, capture_output=True, text=True,
        timeout=300)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_licences_come_with_it(environment):
    (wheel,) = environment.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"LICENSE", "THIRD-PARTY.txt"} == {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name}


def test_the_program_finds_its_scenarios(environment):
    assert run(environment, "agentcore-local", "--version").stdout.strip()
    done = run(environment, "agentcore-local", "run", "scenarios/flow", "--tags", "method-2")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fixture_gives_a_lab_and_a_failure_its_trace(environment):
    (environment / "test_mine.py").write_text(TEST)
    done = run(environment, "python", "-m", "pytest", "-q", "test_mine.py")
    assert "2 passed" in done.stdout and "1 failed" in done.stdout, done.stdout
    assert "agentcore-local" in done.stdout and "POST /oauth2/token 200" in done.stdout, done.stdout


def test_the_api_is_typed(environment):
    done = run(environment, "python", "-c", "import agentcore_local, pathlib, typing; "
               "print(pathlib.Path(agentcore_local.__file__).with_name('py.typed').exists(), "
               "typing.get_type_hints(agentcore_local.Lab.sign_in)['return'].__name__)")
    assert done.stdout.split() == ["True", "Tokens"], done.stderr
