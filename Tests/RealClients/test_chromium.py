"""Pages in a real browser: sign-in and consent, the console, lessons, the demo, the report, the documentation."""

import json
import os
import pathlib
import re
import subprocess
import sys

import plain_mcp
import pytest
from browser import ABSENT, ELEMENT, audit, started
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]
pytestmark = pytest.mark.skipif(ABSENT is not None, reason=str(ABSENT))
# Pictures to look at are kept where this variable says.
SHOTS = os.environ.get("SHOTS")


@pytest.fixture(scope="module")
def browser():
    with started() as browser:
        yield browser


@pytest.fixture(autouse=True)
def forgotten(browser):
    browser.devtools("Network.clearBrowserCookies")
    browser.size(1280, 900)


def look(browser, name):
    """Nothing is wrong with the page; and a picture of it, wide, dark and on a phone."""
    problems = audit(browser)
    if SHOTS:
        folder = pathlib.Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        browser.shot(folder / f"{name}.png")
        browser.scheme("dark")
        browser.shot(folder / f"{name}-dark.png")
        browser.scheme("light")
        browser.size(375, 812)
        browser.shot(folder / f"{name}-phone.png")
        browser.size(1280, 900)
    assert not problems, "\n".join(problems)


def asked(lab, world, user="alice"):
    token = lab.sign_in(user)["accessToken"]
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    return token, plain_mcp.consent_url(body)


def tell_the_application(lab, token):
    """What AWS's samples do before they send the browser away."""
    import urllib.request

    body = json.dumps({"user_token": token}).encode()
    urllib.request.urlopen(urllib.request.Request(
        lab.app + "/userIdentifier/token", body, {"Content-Type": "application/json"})).read()


def sign_in_at_github(browser, user="alice"):
    browser.one("input[name=username]").type(f"{user}-gh")
    browser.one("input[name=password]").type(user)
    browser.one("button[type=submit]").follow()


def test_somebody_consents_by_mouse_and_keyboard(lab, world, browser):
    world.create_target()
    token, url = asked(lab, world)
    tell_the_application(lab, token)
    browser.open(url)
    assert browser.url.startswith(lab.github + "/login")
    look(browser, "github-sign-in")
    browser.one("input[name=username]").type("alice-gh")
    browser.one("input[name=password]").type("wrong")
    browser.one("button[type=submit]").follow()
    assert browser.url.startswith(lab.github), "a wrong password stays"
    sign_in_at_github(browser)
    # The page says who asks, for what, and as whom.
    assert "alice-gh" in browser.text and "repo" in browser.text and "read:user" in browser.text
    look(browser, "github-consent")
    browser.one("button[name=decision][value=approve]").follow()
    assert browser.url.startswith(lab.app + "/callback"), browser.url
    assert "completed successfully" in browser.text
    look(browser, "app-callback")
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me")
    assert "alice-gh" in body["result"]["content"][0]["text"]


def test_somebody_denies_or_takes_another_account_or_grants_less(lab, world, browser):
    world.create_target()
    _, url = asked(lab, world)
    browser.open(url)
    sign_in_at_github(browser)
    browser.button("Use another account").follow()
    sign_in_at_github(browser, "bob")
    assert "bob-gh" in browser.text
    browser.one("button[name=decision][value=deny]").follow()
    assert browser.url.startswith(lab.aws), "a denial ends on the identity service's own page"
    assert "access_denied" in browser.url or "denied" in browser.text

    token, url = asked(lab, world)
    tell_the_application(lab, token)
    browser.open(url)
    boxes = browser.all("input[name=scope]")
    assert len(boxes) == 2
    boxes[0].click()
    browser.one("button[name=decision][value=approve]").follow()
    granted = [row["scopes"] for row in lab.control("GET", "/_local/tokens") if row["issuer"] == "github"
               and row["kind"] == "access_token"]
    assert len(granted) == 1 and len(granted[0]) == 1, granted


def test_the_inbound_sign_in(lab, browser):
    browser.open(
        lab.idp + "/oauth2/authorize?response_type=code&client_id=web&scope=openid&state=s&code_challenge_method=S256"
        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&redirect_uri=" + lab.app + "/callback")
    look(browser, "idp-sign-in")
    browser.one("input[name=username]").type("alice")
    browser.one("input[name=password]").type("alice")
    browser.one("button[type=submit]").follow()
    assert browser.url.startswith(lab.app + "/callback?code="), browser.text + str(browser.complaints())


def test_no_page_is_framed(lab, world, browser, tmp_path):
    world.create_target()
    _, url = asked(lab, world)
    frames = "".join(f'<iframe src="{one}"></iframe>' for one in (lab.console, lab.github + "/login", url))
    (tmp_path / "frames.html").write_text(f"<!doctype html><title>f</title>{frames}")
    browser.open(f"file://{tmp_path}/frames.html")
    refused = [line for line in browser.complaints() if "frame-ancestors" in line or "X-Frame-Options" in line]
    assert len(refused) >= 3, refused


@pytest.mark.parametrize("path", ["/", "/tokens", "/lab", "/compare", "/api", "/exchanges/1"])
def test_a_page_of_the_console(lab, world, browser, path):
    world.create_target()
    token, url = asked(lab, world)
    lab.consent(url, "alice")
    plain_mcp.tool(world.gateway_url, token, "github___get_me")
    browser.open(lab.console + path)
    look(browser, "console" + path.replace("/", "-"))


def test_no_status_is_cut_off(lab, world, browser):
    world.create_target()
    asked(lab, world)
    browser.open(lab.console)
    cut = """
      return [...document.querySelectorAll(".arrow em")].filter(one => {
        const own = one.getBoundingClientRect(), arrow = one.closest(".arrow").getBoundingClientRect();
        return own.left < arrow.left || own.right > arrow.right;
      }).map(one => one.closest(".arrow").innerText)"""
    for width in (1280, 1000, 800):
        browser.size(width, 800)
        assert browser.run("return document.querySelectorAll('.arrow em').length") > 5 and browser.run(cut) == []


def test_the_console_shows_what_happens_while_it_is_open(lab, browser):
    browser.open(lab.console)
    browser.until("!document.getElementById('pause') || !document.getElementById('pause').hidden || true")
    lab.sign_in("alice")
    browser.until("document.querySelectorAll('.sequence a.arrow').length > 2")
    browser.button("Pause").click()
    before = len(browser.all(".sequence li"))
    lab.sign_in("bob")
    assert len(browser.all(".sequence li")) == before
    browser.button("Go on").click()
    browser.until(f"document.querySelectorAll('.sequence li').length > {before}")


def test_a_secret_is_shown_on_purpose_only(lab, browser):
    token = lab.sign_in("alice")["accessToken"]
    entries = lab.control("GET", "/_local/journal?after=0")["entries"]
    place = next(one["seq"] for one in entries if one.get("path") == "/oauth2/token")
    browser.open(f"{lab.console}/exchanges/{place}")
    assert token not in browser.text and "curl -i" in browser.text and '"client_id"' in browser.text
    browser.button("Reveal secrets").follow()
    assert token in browser.text
    look(browser, "console-revealed")
    browser.button("Hide them").follow()
    assert token not in browser.text


def test_authorize_completes_by_itself(lab, world, browser):
    target = world.create_target(name="pending", schema=None)["targetId"]
    browser.open(lab.console)
    look(browser, "console-pending")
    browser.button("Authorize").follow()
    sign_in_at_github(browser, "admin")
    browser.one("button[name=decision][value=approve]").follow()
    lab.advance("5s")
    assert world.target(target)["status"] == "READY", browser.text
    browser.open(lab.console)
    assert "READY" in browser.text and "Authorize" not in browser.text


def test_two_futures_of_one_moment(lab, world, browser):
    browser.open(lab.console)
    world.create_target()
    token, url = asked(lab, world)
    lab.consent(url, "alice")
    journal = lab.control("GET", "/_local/journal?after=0")["entries"]
    place = next(one["seq"] for one in journal if one.get("path", "").startswith("/identities/oauth2/authorize"))
    browser.open(f"{lab.console}/exchanges/{place}")
    browser.button("Fork").follow()
    lab.consent(url, "alice", decision="deny")
    browser.open(lab.console + "/compare")
    assert "then they part" in browser.text
    left, right = (one.text for one in browser.all(".futures section"))
    assert "BOUND" in left and "BOUND" not in right and "FAILED" in right
    look(browser, "console-compared")


def test_clock_faults_and_snapshots_by_their_forms(lab, browser):
    browser.open(lab.console + "/lab")
    before = lab.control("GET", "/_local/clock")["now"]
    browser.button("Take a snapshot").follow()
    browser.button("Advance").follow()
    assert lab.control("GET", "/_local/clock")["now"] > before and "Time moved." in browser.text
    browser.button("Set skew").follow()
    assert list(lab.control("GET", "/_local/clock")["skew"].values()) == ["-90000ms"]
    browser.one("input[name=name]").type("down")
    browser.button("Set fault").follow()
    faults = lab.control("GET", "/_local/faults")
    assert "down" in json.dumps(faults) and "down" in browser.text
    look(browser, "console-lab-used")
    browser.button("Remove").follow()
    assert "down" not in json.dumps(lab.control("GET", "/_local/faults"))
    browser.button("Restore").follow()
    assert lab.control("GET", "/_local/clock")["skew"] == {}
    browser.open(lab.console + "/lab")
    browser.one("input[name=sure]").click()
    browser.button("Reset the lab").follow()
    assert "as at its start" in browser.text


@pytest.mark.parametrize("lesson", ["1", "2", "3", "4", "5"])
def test_a_lesson_is_finished_by_its_hints(browser, tmp_path, lesson):
    page = tmp_path / "lesson.html"
    subprocess.run([BINARY, "learn", lesson, "--html", page], cwd=ROOT, check=True, timeout=60)
    browser.open(f"file://{page}")
    if lesson == "4":
        look(browser, "lesson")
    broken = 0
    while "Lesson finished." not in browser.text:
        stop = "#lesson > li.stop:not([hidden]) > button[data-hint]:not([disabled])"
        browser.one(stop).click()
        here = f"document.querySelector('{stop}').parentElement"
        hint = browser.run(f"return {here}.querySelector('[role=status]').textContent")
        if found := re.fullmatch(r"hint: choose (\d+)", hint):
            browser.run(f"{here}.querySelectorAll('ol button')[{int(found[1]) - 1}].click()")
        else:
            assert hint == "hint: break it"
            broken += 1
            browser.run(f"{here}.querySelector('[data-break]').click()")
    assert broken and "NOT HELD" in browser.text
    assert browser.run("return document.activeElement.id") == "end"
    if lesson == "4":
        look(browser, "lesson-finished")


def test_the_demo_is_played(browser, tmp_path):
    page = tmp_path / "demo.html"
    subprocess.run([BINARY, "demo", "--html", page], cwd=ROOT, check=True, timeout=60)
    browser.open(f"file://{page}")
    whole = len(browser.all("#lines li"))
    visible = "return [...document.querySelectorAll('#lines li')].filter(one => !one.hidden).length"
    assert browser.run(visible) == 0
    browser.button("Next step").click()
    assert 0 < browser.run(visible) < whole
    browser.button("Play").click()
    browser.until("[...document.querySelectorAll('#lines li')].filter(one => !one.hidden).length > 20", 30)
    browser.button("All").click()
    assert browser.run(visible) == whole
    look(browser, "demo")


def test_the_report_stands_alone(browser, tmp_path):
    page = tmp_path / "report.html"
    subprocess.run(
        [BINARY, "run", "scenarios/flow", "--report-html", page], cwd=ROOT, check=True, timeout=60, capture_output=True)
    browser.open(f"file://{page}")
    for one in browser.all("summary"):
        browser.run("arguments[0].parentElement.open = true", {ELEMENT: one.id})
    assert browser.all("svg") and "held" in browser.text
    assert not browser.run("return performance.getEntriesByType('resource').map(one => one.name)")
    look(browser, "report")


def test_the_documentation(browser, tmp_path):
    folder = tmp_path / "docs"
    done = subprocess.run(
        [sys.executable, ROOT / "Tests/Tools/docs", BINARY, folder], timeout=240, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("index", "tutorial", "how-it-works", "commands", "errors"):
        browser.open(f"file://{folder}/{name}.html")
        look(browser, f"docs-{name}")
