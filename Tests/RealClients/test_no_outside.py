"""Nothing outside the lab is ever contacted: every connect() and every name look-up of the program is written down."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request

import pytest
import serving
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]


HOOK = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void tell(const char *what, const char *where) {
    FILE *file = fopen(getenv("HOOK_FILE"), "a");
    if (file) { fprintf(file, "%s %s\n", what, where); fclose(file); }
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    char name[INET6_ADDRSTRLEN] = "another family", text[INET6_ADDRSTRLEN + 8];
    int port = 0;
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, name, sizeof name);
        port = ntohs(((const struct sockaddr_in *)address)->sin_port);
    }
    if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, name, sizeof name);
        port = ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    }
    snprintf(text, sizeof text, "%s:%d", name, port);
    tell("connect", text);
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    return real(socket, address, length);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    if (node) tell("look-up", node);
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, result);
}
"""


@pytest.fixture
def hooked(tmp_path):
    """An environment in which a program's connections are written to a file, and that file."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler for the hook")
    (tmp_path / "hook.c").write_text(HOOK)
    library, file = tmp_path / "hook.so", tmp_path / "connections.txt"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "hook.c", "-ldl"], check=True)
    file.write_text("")
    return {**os.environ, "LD_PRELOAD": str(library), "HOOK_FILE": str(file)}, file


def test_the_hook_sees_a_connection(hooked):
    """Without this the other tests could not fail."""
    environment, file = hooked
    subprocess.run(
        ["python3", "-c", "import socket; s = socket.socket(); s.connect_ex(('127.0.0.1', 9)); socket.getaddrinfo('localhost', 1)"],
        env=environment,
        check=True,
    )
    assert "connect 127.0.0.1:9\n" in file.read_text() and "look-up localhost" in file.read_text()


def test_a_run_of_the_library_connects_to_nothing(hooked):
    environment, file = hooked
    done = subprocess.run([BINARY, "run", "scenarios"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
    assert file.read_text() == ""


def test_a_served_flow_connects_to_nothing(hooked, tmp_path):
    """The server looks up what it listens on; the parties of a flow with consent reach each other without a socket."""
    environment, file = hooked
    endpoints_file = tmp_path / "endpoints.json"
    process, endpoints = serving.start(BINARY, endpoints_file, "--quiet", env=environment)

    def post(url, body):
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))

    provider = {"githubOauth2ProviderConfig": {"clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}}
    post(
        endpoints["aws"] + "/identities/CreateOauth2CredentialProvider",
        {"name": "github", "credentialProviderVendor": "GithubOauth2", "oauth2ProviderConfigInput": provider},
    )
    returns = [endpoints["app"] + "/callback"]
    post(endpoints["aws"] + "/identities/CreateWorkloadIdentity", {"name": "agent", "allowedResourceOauth2ReturnUrls": returns})
    token = post(endpoints["console"] + "/_local/sign-in", {"user": "alice", "client": "web"})["accessToken"]
    workload = post(
        endpoints["aws"] + "/identities/GetWorkloadAccessTokenForJWT", {"workloadName": "agent", "userToken": token}
    )["workloadAccessToken"]
    asked = {
        "workloadIdentityToken": workload,
        "resourceCredentialProviderName": "github",
        "scopes": ["read:user"],
        "oauth2Flow": "USER_FEDERATION",
        "resourceOauth2ReturnUrl": returns[0],
    }
    link = post(endpoints["aws"] + "/identities/oauth2/token", asked)["authorizationUrl"]
    post(endpoints["app"] + "/userIdentifier/token", {"user_token": token})
    walked = post(endpoints["console"] + "/_local/consent", {"url": link, "user": "alice"})
    assert walked["status"] == 200, walked
    assert post(endpoints["aws"] + "/identities/oauth2/token", asked)["accessToken"].startswith("gho_")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    told = set(file.read_text().splitlines())
    assert told <= {"look-up 127.0.0.1"}, told


BROKEN = """scenario: It fails, so that there is a capsule
spec: [T2]
given: [github-provider, gateway, target-method-2]
steps:
  - mcp: tools/call
    as: alice
    with: {name: github___get_me}
    expect: {status: 500}
"""
# Every command that plays a lab or reads files; `{x}` are files of the test.
COMMANDS = {
    "run": ["run", "{scenario}", "--capsule", "{folder}/capsules", "--report-html", "{folder}/r.html"],
    "replay": ["replay", "{capsule}"],
    "explore": ["explore", "--seeds", "40", "--jobs", "2"],
    "mutate": ["mutate", "scenarios/flow", "--rule", "code-verifier-sent", "--quick"],
    "demo": ["demo", "--html", "{folder}/demo.html"],
    "learn": ["learn", "2", "--html", "{folder}/lesson.html"],
    "record": ["record", "{har}"],
    "why": ["why", "Invalid or expired session"],
    "check": ["check", "scenarios/flow"],
    "list": ["list", "--operations"],
    "schema": ["schema"],
    "new": ["new", "{folder}/new.yaml"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_connects_to_nothing(hooked, tmp_path, name):
    environment, file = hooked
    scenario = tmp_path / "broken.yaml"
    scenario.write_text(BROKEN)
    entries = [
        {
            "startedDateTime": "2026-11-20T10:00:00.000Z",
            "request": {"method": "GET", "url": f"https://{host}/user", "headers": [], "queryString": [], "cookies": []},
            "response": {"status": 401, "headers": [], "cookies": [], "content": {"text": ""}},
        }
        for host in ("elsewhere.example.com", "api.github.com")
    ]
    (tmp_path / "walk.har").write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    made = subprocess.run([BINARY, "run", scenario, "--root", ROOT, "--capsule", tmp_path], cwd=ROOT, capture_output=True)
    assert made.returncode == 4
    files = {
        "folder": tmp_path, "scenario": scenario, "har": tmp_path / "walk.har", "capsule": next(tmp_path.glob("*.capsule")),
    }
    words = [word.format(**files) for word in COMMANDS[name]]
    done = subprocess.run([BINARY, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == (4 if name == "run" else 0), done
    assert file.read_text() == ""


@contextlib.contextmanager
def listener():
    """Somebody on this machine who is no party; whoever connects is kept."""
    socket_ = socket.socket()
    socket_.bind(("127.0.0.1", 0))
    socket_.listen()
    socket_.setblocking(False)
    yield socket_.getsockname()[1], socket_
    socket_.close()


def test_what_a_caller_names_is_not_called(hooked, tmp_path):
    """Discovery documents, targets, callbacks and client metadata may name anybody; only what the lab's file lists is reached."""
    environment, file = hooked
    with listener() as (forbidden, stranger), listener() as (allowed, friend):
        root = tmp_path / "root"
        shutil.copytree(ROOT / "mocks", root / "mocks")
        (root / "mocks/labs/mine.yaml").write_text(
            f'about: Mine\nuse: default\noutside: {{origins: ["http://127.0.0.1:{allowed}"]}}\n')
        endpoints_file = tmp_path / "endpoints.json"
        process, endpoints = serving.start(
            BINARY, endpoints_file, "--quiet", "--root", root, "--lab", "mine", env=environment)

        def post(path, body, origin="aws"):
            request = urllib.request.Request(
                endpoints[origin] + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
            with contextlib.suppress(urllib.error.HTTPError):
                return json.load(urllib.request.urlopen(request, timeout=60))

        places = [f"http://127.0.0.1:{forbidden}", f"http://localhost:{forbidden}", "http://169.254.169.254", "https://example.com"]
        role = "arn:aws:iam::000000000000:role/gateway"
        for number, place in enumerate(places):
            post("/identities/CreateOauth2CredentialProvider", {
                "name": f"p{number}", "credentialProviderVendor": "CustomOauth2", "oauth2ProviderConfigInput": {
                    "customOauth2ProviderConfig": {"clientId": "a", "clientSecret": "b", "oauthDiscovery": {
                        "discoveryUrl": f"{place}/.well-known/openid-configuration"}}}})
            post("/gateways/", {
                "name": f"g{number}", "roleArn": role, "protocolType": "MCP", "authorizerType": "CUSTOM_JWT",
                "authorizerConfiguration": {"customJWTAuthorizer": {
                    "discoveryUrl": f"{place}/.well-known/openid-configuration", "allowedClients": ["web"]}}})
        gateway = post("/gateways/", {"name": "open", "roleArn": role, "protocolType": "MCP", "authorizerType": "NONE"})
        post("/_local/clock", {"advance": "1s"}, "console")
        for number, place in enumerate([*places, f"http://127.0.0.1:{allowed}"]):
            post(f"/gateways/{gateway['gatewayId']}/targets/", {
                "name": f"t{number}", "targetConfiguration": {"mcp": {"mcpServer": {"endpoint": f"{place}/mcp"}}}})
        # The one that the lab's file lists is called: what the others were spared could have happened.
        work = threading.Thread(target=post, args=("/_local/clock", {"advance": "1m"}, "console"))
        work.start()
        friend.settimeout(60)
        friend.accept()[0].close()
        friend.close()
        work.join()
        post("/_local/clock", {"advance": "1m"}, "console")
        with pytest.raises(BlockingIOError):
            stranger.accept()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        told = set(file.read_text().splitlines())
        assert told - {"look-up 127.0.0.1"} == {f"connect 127.0.0.1:{allowed}"}, told


def test_deploy_and_exec_reach_the_lab_alone(hooked, tmp_path):
    environment, file = hooked
    template = ROOT / "scenarios/deploy/gateway-parts.template.yaml"
    done = subprocess.run(
        [BINARY, "exec", "--", "sh", "-c", f'unset LD_PRELOAD; env HOOK_FILE={tmp_path}/own LD_PRELOAD={tmp_path}/hook.so '
         f'"{BINARY}" deploy {template} --endpoints-file "$AGENTCORE_LOCAL_ENDPOINTS_FILE"; '
         'grep -o "127[^\\"]*" "$AGENTCORE_LOCAL_ENDPOINTS_FILE"'],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    own = {line.strip('/",') for line in done.stdout.splitlines() if line.startswith("127.0.0.1:")}
    assert len(own) == 7, done
    told = set((tmp_path / "own").read_text().splitlines())
    reached = {line.removeprefix("connect ") for line in told if line.startswith("connect ")}
    assert reached and reached <= own, told
    assert {line for line in told if line.startswith("look-up")} <= {"look-up 127.0.0.1"}, told
    assert set(file.read_text().splitlines()) <= {"look-up 127.0.0.1"}
