"""Programs with one bad habit each, for `run scenarios/clients --client`: `bad_client.py HABIT`."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

URL, TOKEN, TOOL = (os.environ.get(f"AGENTCORE_LOCAL_CLIENT_{name}") for name in ("URL", "TOKEN", "TOOL"))
ACCEPT = "application/json, text/event-stream"
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
LINKS = {"elicitation": {"url": {}}}


def post(message, version="2025-11-25", token=TOKEN, **more):
    headers = {"Content-Type": "application/json", "Accept": ACCEPT, "User-Agent": "bad/1", **more}
    if version:
        headers["MCP-Protocol-Version"] = version
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(URL, json.dumps({"jsonrpc": "2.0", "id": 1, **message}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code


def modern(declared, **answers):
    """A call that stands for itself (MCP 2026-07-28), of a client with these capabilities."""
    meta = {META + "protocolVersion": MODERN, META + "clientCapabilities": declared}
    headers = {"Mcp-Method": "tools/call", "Mcp-Name": TOOL}
    return post({"method": "tools/call", "params": {"name": TOOL, "_meta": meta, **answers}}, MODERN, **headers)


def call(**more):
    return post({"method": "tools/call", "params": {"name": TOOL}}, **more)


def link():
    return call()["error"]["data"]["elicitations"][0]["url"]


def open_link(url):
    subprocess.run([os.environ["BROWSER"], url], check=True)


def swallows_the_data():
    call()


def fetches_the_link():
    try:
        urllib.request.urlopen(urllib.request.Request(link(), headers={"User-Agent": "bad/1"}), timeout=30)
    except urllib.error.HTTPError:
        pass


def loops():
    for _ in range(6):
        url = link()
    open_link(url)
    call()


def gives_up():
    open_link(link())


def forgets_the_version():
    post({"method": "tools/list"}, version=None)


def shows_its_token():
    try:
        urllib.request.urlopen(f"{URL}?access_token={TOKEN}", timeout=30)
    except urllib.error.HTTPError:
        pass


def stops_at_the_first_page():
    post({"method": "tools/list"})


def guesses_the_metadata():
    assert post({"method": "tools/list"}) == 401


def agrees_to_anything():
    asked = modern(LINKS)["result"]
    modern(LINKS, inputResponses={key: {"action": "accept"} for key in asked["inputRequests"]})


def opens_anything():
    for request in modern(LINKS)["result"]["inputRequests"].values():
        open_link(request["params"]["url"])


def does_nothing():
    pass


def crashes():
    sys.exit(3)


def hangs():
    signal.pause()


globals()[sys.argv[1]]()
