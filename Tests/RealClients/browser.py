"""A real browser by the WebDriver protocol (W3C), with the standard library alone; and what is asked of every page."""

import base64
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB = "\ue004"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
# Why a test that needs them is left out; None where they are.
ABSENT = None if CHROMIUM and DRIVER else f"there is no {'chromedriver' if CHROMIUM else 'chromium'} on PATH"


class Element:
    def __init__(self, browser, id):
        self.browser, self.id = browser, id

    def _get(self, what):
        return self.browser.call("GET", f"element/{self.id}/{what}")

    def click(self):
        self.browser.call("POST", f"element/{self.id}/click", {})

    def follow(self):
        """Clicks what leads to another page, and returns when that one is there."""
        self.browser.run("window.here = true")
        self.click()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError):
                if self.browser.run("return !window.here && document.readyState === 'complete'"):
                    return
            time.sleep(0.01)
        raise AssertionError(f"{self.browser.url}: no other page came:\n{self.browser.text[:2000]}")

    def type(self, text):
        self.browser.call("POST", f"element/{self.id}/clear", {})
        self.browser.call("POST", f"element/{self.id}/value", {"text": text})

    @property
    def text(self):
        return self._get("text")

    @property
    def name(self):
        """What a screen reader calls it."""
        return self._get("computedlabel")

    @property
    def role(self):
        return self._get("computedrole")


class Browser:
    def __init__(self, base, session):
        self.base = f"{base}/session/{session}/"

    def call(self, method, path, body=None):
        return command(method, self.base + path, body)

    def open(self, url):
        self.call("POST", "url", {"url": str(url)})

    @property
    def url(self):
        return self.call("GET", "url")

    @property
    def title(self):
        return self.call("GET", "title")

    def all(self, selector):
        found = self.call("POST", "elements", {"using": "css selector", "value": selector})
        return [Element(self, one[ELEMENT]) for one in found]

    def one(self, selector):
        found = self.all(selector)
        assert found, f"{self.url} has no {selector}:\n{self.text[:2000]}"
        return found[0]

    def button(self, text):
        """The button or link that says so."""
        for one in self.all("button, a, summary"):
            if text in one.text:
                return one
        raise AssertionError(f"{self.url} has no button {text}:\n{self.text[:2000]}")

    @property
    def text(self):
        return self.run("return document.body.innerText")

    def run(self, script, *arguments):
        return self.call("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script, seconds=10):
        """Waits in the page itself until the expression holds: its value."""
        wait = """
          const [test, most, done] = [new Function("return " + arguments[0]), arguments[1], arguments[2]];
          const begun = performance.now();
          const look = () => { const value = test();
            if (value || performance.now() - begun > most) return done(value || null);
            setTimeout(look, 5); };
          look();"""
        value = self.call("POST", "execute/async", {"script": wait, "args": [script, seconds * 1000]})
        assert value, f"{self.url}: {script} never held:\n{self.text[:2000]}"
        return value

    def press(self, key):
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def size(self, width, height):
        """Of the page itself, down to a phone's."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)

    def scheme(self, name):
        """light or dark"""
        wanted = {"prefers-color-scheme": name, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self.devtools("Emulation.setEmulatedMedia", features=features)

    def devtools(self, method, **parameters):
        return self.call("POST", "goog/cdp/execute", {"cmd": method, "params": parameters})

    def complaints(self):
        """What the browser wrote into its log: refused styles, scripts that failed."""
        rows = self.call("POST", "se/log", {"type": "browser"})
        # That a refusal has a status from 400 up is no fault of the page.
        return [row["message"] for row in rows if row["level"] == "SEVERE" and "Failed to load" not in row["message"]]

    def shot(self, path):
        """A picture of the whole page."""
        height = self.run("return Math.min(document.documentElement.scrollHeight, 4000)")
        width = self.run("return innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        png = self.devtools("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(png))


def command(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        value = json.loads(error.read())["value"]
        raise AssertionError(f"{method} {url}: {value['error']}: {value['message']}") from None


@contextlib.contextmanager
def started():
    with socket.socket() as free, tempfile.TemporaryDirectory() as home:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        base = f"http://127.0.0.1:{port}"
        try:
            while True:
                try:
                    if command("GET", base + "/status")["ready"]:
                        break
                except OSError:
                    assert driver.poll() is None, "chromedriver ended"
                    time.sleep(0.01)
            options = {
                "binary": CHROMIUM,
                "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         f"--user-data-dir={home}", "--window-size=1280,900"]}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = command("POST", base + "/session", {"capabilities": {"alwaysMatch": wanted}})
            browser = Browser(base, session["sessionId"])
            yield browser
            command("DELETE", browser.base.rstrip("/"))
        finally:
            driver.terminate()
            driver.wait()


# Contrast by WCAG 2.2, 1.4.3: 4.5, or 3 for large text. Text whose parents are all transparent stands on the canvas.
CONTRAST = """
  const parse = text => { const found = text.match(/[\\d.]+/g).map(Number);
    return found.length < 4 ? [...found, 1] : found; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = colour => { const [r, g, b] = colour.slice(0, 3).map(v => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches
    && getComputedStyle(document.documentElement).colorScheme.includes("dark");
  const canvas = dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
  const ground = node => { const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), canvas); };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; text = walker.nextNode();) {
    const node = text.parentElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
    if (!text.data.trim() || style.visibility === "hidden" || box.width < 2 || box.height < 2) continue;
    if (["SCRIPT", "STYLE", "OPTION"].includes(node.tagName) || node.closest("svg, [disabled]")) continue;
    const below = ground(node), shown = over(parse(style.color), below);
    const [a, b] = [light(shown), light(below)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && +style.fontWeight >= 700;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)}: ${text.data.trim().slice(0, 40)} (${node.tagName})`);
  }
  return [...new Set(bad)];"""

FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, summary, [tabindex='0']"
VISIBLE = """
  return [...document.querySelectorAll(arguments[0])].filter(one => one.checkVisibility({visibilityProperty: true}))"""
FOCUSED = """
  const all = [...document.querySelectorAll(arguments[0])]
    .filter(one => one.checkVisibility({visibilityProperty: true}));
  const at = document.activeElement, style = getComputedStyle(at);
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  return [all.indexOf(at), shown, at.outerHTML.slice(0, 120)];"""

# Words that stand letter below letter.
SQUEEZED = """
  return [...document.querySelectorAll("th, td, li, p")].filter(one => {
    const box = one.getBoundingClientRect(), size = parseFloat(getComputedStyle(one).fontSize);
    return one.innerText.trim().length > 2 && box.width > 1 && box.width < 2 * size && box.height > 4 * size;
  }).map(one => one.innerText.trim().slice(0, 40))"""


def audit(browser, most=25):
    """What is wrong with the page for somebody who cannot see it well, has no mouse, or has a phone."""
    problems = []
    for scheme in ("dark", "light"):
        browser.scheme(scheme)
        problems += [f"{scheme}: contrast {line}" for line in browser.run(CONTRAST)]
    problems += [f"two or no first headings: {browser.url}"] * (len(browser.all("h1")) != 1)
    problems += ["no language"] * (not browser.run("return document.documentElement.lang"))
    problems += ["no title"] * (not browser.title)
    found = [Element(browser, one[ELEMENT]) for one in browser.run(VISIBLE, FOCUSABLE)]
    problems += [f"no name: {browser.run('return arguments[0].outerHTML', {ELEMENT: one.id})[:120]}"
                 for one in found[:most] if not one.name]
    # From the top, Tab goes through all of them in the order in which they stand.
    browser.run("const top = document.createElement('span'); top.id = 'top'; top.tabIndex = -1;"
                "document.body.prepend(top); top.focus()")
    order = []
    for _ in range(min(len(found), most)):
        browser.press(TAB)
        place, shown, markup = browser.run(FOCUSED, FOCUSABLE)
        order.append(place)
        problems += [f"focus is not shown: {markup}"] * (not shown)
    problems += [f"focus goes {order}"] * (order != list(range(len(order))))
    browser.run("document.getElementById('top').remove()")
    browser.size(375, 812)
    wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
    problems += [f"{wide} px wider than a phone"] * (wide > 0)
    problems += [f"letter below letter on a phone: {text}" for text in browser.run(SQUEEZED)]
    browser.size(1280, 900)
    return problems + browser.complaints()
