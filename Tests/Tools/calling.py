"""A lab that a tool serves, and callers that speak to it over connections that faults and attacks may break."""

import http.client
import json
import os
import pathlib
import signal
import tempfile
import urllib.parse

import serving

PARTIES = ["aws", "gateway", "idp", "github", "mcp", "app", "console"]


class Wrong(Exception):
    """An answer that no fault explains."""


class Served:
    """A lab of its own on free ports."""

    def __init__(self, binary, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="soak-")
        endpoints = pathlib.Path(self.folder.name, "endpoints.json")
        try:
            self.process, self.origins = serving.start(binary, endpoints, "--quiet", *arguments)
        except serving.Ended as end:
            raise SystemExit(str(end))

    def memory(self):
        """Resident and private kilobytes."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "RssAnon"))}
        return found["VmRSS"], found["RssAnon"]

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.folder.cleanup()
        return code


class Caller:
    """One connection to each party, opened again whenever a fault or an attack ended it."""

    def __init__(self, origins):
        self.addresses = {party: urllib.parse.urlsplit(origins[party]).netloc for party in PARTIES}
        self.connections = {}
        # Where the last answer sent its browser.
        self.location = ""

    def call(self, party, method, path, body=None, headers=None, form=None):
        """Status and text; None for a connection that was broken."""
        headers = dict(headers or {})
        content = None
        if form is not None:
            content = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection = self.connections.get(party) or http.client.HTTPConnection(self.addresses[party], timeout=120)
        self.connections[party] = connection
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            self.location = answer.getheader("Location") or ""
            return answer.status, answer.read().decode("utf-8", "replace")
        except (http.client.HTTPException, OSError):
            connection.close()
            del self.connections[party]
            return None, ""

    def ask(self, *arguments, **named):
        """The parsed body of an answer that has to be good: for the lab's own console, which no fault touches."""
        status, text = self.call(*arguments, **named)
        if status is None or status >= 400:
            raise Wrong(f"{arguments}: {status} {text[:300]}")
        return json.loads(text)

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}
