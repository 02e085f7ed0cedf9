"""The lab defends the machine it runs on: who may call it, what it leaves behind. Which files it touches: test_enclosure."""

import contextlib
import http.client
import json
import os
import re
import stat
import subprocess
import urllib.parse

import pytest
from conftest import served
from program import run

CLIENTS = ["mcp1"]

PORTS = ["aws", "gateway", "idp", "github", "mcp", "app", "console"]


# Who may call


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with served(tmp_path_factory.mktemp("lab"), "--quiet") as lab:
        yield lab


def ask(origin, method="GET", path="/_local/health", hosts=None, **fields):
    """One request with just these `Host` fields; status and header fields of its answer."""
    address = urllib.parse.urlsplit(origin)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for host in [address.netloc] if hosts is None else hosts:
        connection.putheader("Host", host)
    for name, value in fields.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers


def test_these_are_all_ports(lab):
    assert {name for name, value in lab.endpoints.items() if str(value).startswith("http")} >= set(PORTS)
    assert len({urllib.parse.urlsplit(lab.endpoints[port]).port for port in PORTS}) == 7


@pytest.mark.parametrize("port", PORTS)
def test_a_rebound_name_is_refused_on_every_port(lab, port):
    origin = lab.endpoints[port]
    number = urllib.parse.urlsplit(origin).port
    assert ask(origin)[0] == 200
    for name in (f"localhost:{number}", f"[::1]:{number}", f"{port}.localhost:{number}"):
        assert ask(origin, hosts=[name])[0] == 200, name
    for name in (
        "rebound.example", f"rebound.example:{number}", f"127.0.0.1.rebound.example:{number}", "169.254.169.254",
        f"0.0.0.0:{number}", f"evil.localhost:{number}", "", f"127.0.0.1@rebound.example:{number}",
        f"rebound.example@127.0.0.1:{number}",
    ):
        for method, path in (("GET", "/_local/health"), ("POST", "/"), ("OPTIONS", "/mcp")):
            status, fields = ask(origin, method, path, hosts=[name])
            # What is no name of a host at all is a bad request (RFC 9112 section 3.2).
            assert status == (400 if "@" in name else 421), (name, method, path)
            assert "Access-Control-Allow-Origin" not in fields
    # A target in full does not stand for the Host; two names or none are no name.
    assert ask(origin, path=f"http://127.0.0.1:{number}/_local/health", hosts=["rebound.example"])[0] == 421
    assert ask(origin, hosts=["rebound.example", f"127.0.0.1:{number}"])[0] in (400, 421)
    assert ask(origin, hosts=[])[0] in (400, 421)


@pytest.mark.parametrize("port", PORTS)
def test_a_page_of_another_site_is_refused_on_every_port(lab, port):
    origin = lab.endpoints[port]
    assert ask(origin, Origin=lab.endpoints["console"])[0] == 200
    # The pages of the console say who they are; a form of a sign-in page does not.
    assert ask(origin, Origin="null")[0] == (403 if port == "console" else 200)
    assert ask(origin, Origin="null", Sec_Fetch_Site="same-origin")[0] == 200
    for page in ("https://evil.example", "http://127.0.0.1.evil.example", "http://evil.localhost", "file://", "garbage"):
        for method, path in (("GET", "/_local/health"), ("POST", "/_local/reset"), ("OPTIONS", "/mcp"), ("DELETE", "/")):
            status, fields = ask(origin, method, path, Origin=page)
            assert status == 403, (page, method, path)
            assert "Access-Control-Allow-Origin" not in fields
    assert ask(origin, "POST", "/", Origin="null", Sec_Fetch_Site="cross-site")[0] == 403


def test_what_a_foreign_page_asks_is_not_done(lab):
    control = lab.control_plane
    control.create_workload_identity(name="stays")
    before = len(lab.control("GET", "/_local/journal?after=0")["entries"])
    for fields in ({"Origin": "https://evil.example"}, {"hosts": ["rebound.example"]}):
        assert ask(lab.console, "POST", "/_local/reset", **fields)[0] in (403, 421)
    assert len(lab.control("GET", "/_local/journal?after=0")["entries"]) >= before > 0


def listening():
    """Local addresses of every listening TCP socket of this machine, by process socket inode."""
    rows = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).read().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":
                rows[words[9]] = words[1].split(":")[0]
    return rows


def test_only_loopback_is_listened_on_unless_asked(lab, tmp_path):
    def addresses(process):
        rows, found = listening(), set()
        for entry in os.scandir(f"/proc/{process.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                match = re.match(r"socket:\[(\d+)\]", os.readlink(entry.path))
                if match and match[1] in rows:
                    found.add(rows[match[1]])
        return found

    assert addresses(lab.process) == {"0100007F"}
    with served(tmp_path, "--quiet", "--bind", "0.0.0.0", "--advertise", "lab.example.com") as wide:
        assert "00000000" in addresses(wide.process)
        port = urllib.parse.urlsplit(wide.console).port
        assert ask(f"http://127.0.0.1:{port}", hosts=[f"lab.example.com:{port}"])[0] == 200
        assert ask(f"http://127.0.0.1:{port}", hosts=[f"other.example.com:{port}"])[0] == 421


# What it leaves behind


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_temporary_folders_are_private_and_gone(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    told = run(
        "exec", "--", "sh", "-c", 'stat -c "%a %n" "$AGENTCORE_LOCAL_ENDPOINTS_FILE" "$(dirname "$AGENTCORE_LOCAL_ENDPOINTS_FILE")"',
        TMPDIR=str(scratch))
    assert told.returncode == 0, told.stderr
    _, folder = told.stdout.splitlines()
    assert folder.startswith(f"700 {scratch}/agentcore-local-exec-"), folder
    run("doctor", TMPDIR=str(scratch))
    assert list(scratch.iterdir()) == []
    # Two at once are in each other's way no more than a folder that somebody else made first.
    names = {run("exec", "--", "sh", "-c", "echo $AGENTCORE_LOCAL_ENDPOINTS_FILE", TMPDIR=str(scratch)).stdout for _ in range(2)}
    assert len(names) == 2


def walk_the_flow(lab):
    """A token at the provider, one in the vault, client secrets: what a disk must not show."""
    aws, identity = lab.control_plane, lab.client("bedrock-agentcore")
    aws.create_oauth2_credential_provider(
        name="github", credentialProviderVendor="GithubOauth2", oauth2ProviderConfigInput={"githubOauth2ProviderConfig": {
            "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}})
    returns = lab.app + "/callback"
    aws.create_workload_identity(name="agent", allowedResourceOauth2ReturnUrls=[returns])
    user = lab.sign_in("alice")["accessToken"]
    workload = identity.get_workload_access_token_for_jwt(workloadName="agent", userToken=user)["workloadAccessToken"]
    asked = {
        "workloadIdentityToken": workload, "resourceCredentialProviderName": "github", "scopes": ["read:user"],
        "oauth2Flow": "USER_FEDERATION", "resourceOauth2ReturnUrl": returns}
    link = identity.get_resource_oauth2_token(**asked)["authorizationUrl"]
    assert ask(lab.app, "GET", "/")[0]
    done = subprocess.run(
        ["curl", "-s", f"{lab.app}/userIdentifier/token", "-H", "Content-Type: application/json", "-d", json.dumps({"user_token": user})],
        capture_output=True, text=True)
    assert done.returncode == 0
    lab.consent(link, "alice")
    token = identity.get_resource_oauth2_token(**asked)["accessToken"]
    assert token.startswith("gho_")
    return [token, user, workload, "agentcore-local-secret"]


def bytes_below(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_without_data_nothing_is_on_the_disk_and_with_it_only_the_owner_reads_it(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    for name in ("TMPDIR", "HOME"):
        (scratch / name).mkdir(parents=True)
        monkeypatch.setenv(name, str(scratch / name))
    with served(scratch, "--log-format", "json") as lab:
        secrets = walk_the_flow(lab)
        left = bytes_below(scratch)
        assert not any(secret.encode() in left for secret in secrets)
    left = bytes_below(scratch)
    assert not any(secret.encode() in left for secret in secrets)

    data = tmp_path / "data"
    data.mkdir()
    old = os.umask(0)
    try:
        with served(data, "--quiet", "--data", str(data / "lab.sqlite")) as lab:
            secrets = walk_the_flow(lab)
            modes = {path.name: mode(path) for path in data.iterdir() if path.name.startswith("lab.sqlite")}
            assert modes and set(modes.values()) == {0o600}, modes
            assert secrets[0].encode() in bytes_below(data), "a vault that is not kept proves nothing"
        for path in data.glob("lab.sqlite*"):
            path.chmod(0o666)
        with served(data, "--quiet", "--data", str(data / "lab.sqlite")):
            modes = {path.name: mode(path) for path in data.iterdir() if path.name.startswith("lab.sqlite")}
            assert modes and set(modes.values()) == {0o600}, modes
    finally:
        os.umask(old)
