"""Nothing outside the lab is ever contacted: every connect() and every name look-up of the program is written down."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request

import pytest
from conftest import ROOT

CLIENTS = ["mcp1"]

BINARY = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))

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
    char text[INET6_ADDRSTRLEN] = "another family";
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
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
    assert "connect 127.0.0.1" in file.read_text() and "look-up localhost" in file.read_text()


def test_a_run_of_the_library_connects_to_nothing(hooked):
    environment, file = hooked
    done = subprocess.run([BINARY, "run", "scenarios"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
    assert file.read_text() == ""


def test_a_served_flow_connects_to_nothing(hooked, tmp_path):
    """The server looks up what it listens on; the parties of a flow with consent reach each other without a socket."""
    environment, file = hooked
    endpoints_file = tmp_path / "endpoints.json"
    serving = subprocess.Popen(
        [BINARY, "serve", "--port-base", "0", "--quiet", "--endpoints-file", str(endpoints_file)], cwd=ROOT, env=environment
    )
    while not endpoints_file.exists():
        assert serving.poll() is None
    endpoints = json.loads(endpoints_file.read_text())

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
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(timeout=10) == 0
    told = set(file.read_text().splitlines())
    assert told <= {"look-up 127.0.0.1"}, told
