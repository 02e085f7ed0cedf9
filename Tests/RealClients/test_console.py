"""The console in a real browser: every page, the live messages, the Authorize button, no script from elsewhere."""
import html
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

CLIENTS = {"mcp1"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Plain(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Plain)


def get(url):
    with OPENER.open(url, timeout=10) as answer:
        return answer.read().decode(), answer.headers


def post(lab, path, origin=None, **fields):
    page, _ = get(lab.console + "/lab")
    fields["form"] = re.search(r'name="form" value="([^"]+)"', page)[1]
    request = urllib.request.Request(
        lab.console + path, data=urllib.parse.urlencode(fields).encode(), headers={"Origin": origin or lab.console})
    try:
        with OPENER.open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def dump(url):
    """What a browser makes of a page after its script ran."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on PATH")
    done = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--timeout=1500", "--enable-logging=stderr",
         "--v=0", "--dump-dom", url], capture_output=True, text=True, timeout=60)
    return done.stdout, done.stderr


@pytest.mark.parametrize("path", ["/", "/tokens", "/lab", "/compare"])
def test_a_page_is_whole_in_a_browser(lab, path):
    lab.sign_in("alice")
    page, log = dump(lab.console + path)
    assert '<html lang="en">' in page and "agentcore-local" in page
    assert "Content Security Policy" not in log and "Uncaught" not in log, log
    # Every control has a name, every page one first heading.
    assert len(re.findall("<h1", page)) == 1
    assert not re.findall(r"<button[^>]*></button>", page)
    unlabelled = re.sub(r"<label>.*?</label>", "", page, flags=re.DOTALL)
    assert not re.findall(r'<select|<input (?!type="hidden")[^>]*>', unlabelled)


def test_the_script_runs_and_shows_its_button(lab):
    lab.sign_in("alice")
    page, _ = dump(lab.console + "/")
    assert re.search(r'<button type="button" id="pause">Pause</button>', page), "the button is no longer hidden"


def test_messages_are_told_at_once(lab):
    with urllib.request.urlopen(lab.console + "/live", timeout=10) as stream:
        lab.sign_in("alice")
        while not (line := stream.readline()).startswith(b"data: "):
            assert line
        assert int(line.split()[1]) > 0


def test_a_message_can_be_sent_again_as_the_command_that_stands_there(lab):
    lab.sign_in("alice")
    entries = lab.control("GET", "/_local/journal?after=0")["entries"]
    found = next(one for one in entries if one.get("path") == "/.well-known/openid-configuration")
    page, _ = get(f"{lab.console}/exchanges/{found['seq']}")
    command = html.unescape(re.search(r"As a command</h2>\s*<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)[1])
    done = subprocess.run(["bash", "-c", command.replace("curl -i", "curl -si")], capture_output=True, text=True)
    assert done.stdout.startswith("HTTP/1.1 200") and f'"issuer":"{lab.idp}"' in done.stdout, command


def test_forms_of_other_origins_are_refused(lab):
    for origin in ("https://evil.example", lab.mcp, "null"):
        assert post(lab, "/lab/clock", origin=origin, advance="1h")[0] == 403
    assert post(lab, "/lab/clock", advance="1h")[0] == 303


def test_a_long_journal_comes_in_pages(lab):
    for _ in range(40):
        lab.sign_in("alice")
    page, headers = get(lab.console + "/")
    assert "Older messages" in page and "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_authorize_button_completes_by_itself(lab, world):
    target = world.create_target(name="pending", schema=None)["targetId"]
    page, _ = get(lab.console + "/")
    assert f"/targets/{target}/authorize" in page
    status, headers, _ = post(lab, f"/targets/{target}/authorize")
    assert status == 303 and headers["Location"].startswith(lab.aws)
    walk = lab.consent(headers["Location"], "admin", complete=False)
    assert walk["status"] == 200, json.dumps(walk)
    lab.advance("1s")
    assert world.target(target)["status"] == "READY"
