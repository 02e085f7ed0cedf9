"""A served lab: the process, its origins and its control API. Nothing but the standard library is needed."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Mapping, Sequence

# No secret: nothing of a lab is worth one, and AWS clients want some.
SECRET_KEY = "agentcore-local-secret"
ACCOUNT = "000000000000"
PARTIES = ("aws", "gateway", "idp", "github", "mcp", "app", "console")


class LabError(Exception):
    """The lab did not start, or refused a call."""


def binary() -> str:
    """The program: `AGENTCORE_LOCAL` if it is set, else the one of this package, else the first on PATH."""
    chosen = os.environ.get("AGENTCORE_LOCAL")
    if chosen:
        return chosen
    own = pathlib.Path(__file__).resolve().parent / "bin" / "agentcore-local"
    if own.exists():
        return str(own)
    found = shutil.which("agentcore-local")
    if found:
        return found
    raise LabError("there is no agentcore-local: neither in this package nor on PATH")


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gave."""

    access_token: str
    id_token: str | None
    refresh_token: str | None
    expires_in: int


@dataclass(frozen=True)
class ConsentWalk:
    """Where a consent led: every URL on the way, the last one with its status, and why it went no further."""

    hops: Sequence[Mapping[str, Any]]
    landed: str
    status: int | None
    hint: str | None = None


class Lab:
    """A lab that is being served. `aws`, `gateway`, `idp`, `github`, `mcp`, `app` and `console` are origins."""

    aws: str
    gateway: str
    idp: str
    github: str
    mcp: str
    app: str
    console: str
    region: str

    def __init__(self, endpoints: Mapping[str, str], process: subprocess.Popen[bytes] | None = None) -> None:
        self.endpoints = dict(endpoints)
        for party in PARTIES:
            setattr(self, party, endpoints[party])
        self.region = endpoints["region"]
        self.account_id = endpoints["accountId"]
        self._process = process

    @classmethod
    def start(cls, *, lab: str = "default", seed: int = 1, arguments: Sequence[str] = (), timeout: float = 30) -> Lab:
        """Serves a lab on free ports and returns when every party answers.

        `arguments` are further ones of `serve`, `timeout` is in seconds. Raises LabError when no lab comes.
        """
        folder = pathlib.Path(tempfile.mkdtemp(prefix="agentcore-local-"))
        file, log = folder / "endpoints.json", folder / "log"
        command = [
            binary(), "serve", "--lab", lab, "--seed", str(seed), "--port-base", "0", "--endpoints-file", str(file),
            *arguments,
        ]
        # The variables are flags of the command line; what a caller exported for another lab is not meant for this one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AGENTCORE_LOCAL_")}
        with open(log, "wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        deadline = time.monotonic() + timeout
        try:
            while not file.exists():
                if process.poll() is not None:
                    raise LabError(f"serve ended with {process.returncode}:\n{log.read_text()}")
                if time.monotonic() > deadline:
                    raise LabError(f"no lab after {timeout} s:\n{log.read_text()}")
                time.sleep(0.002)
            return cls(json.loads(file.read_text()), process)
        except BaseException:
            # Whoever waited no longer, by Control-C too, has no lab to stop.
            process.kill()
            process.wait()
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """Ends the process; a lab that was not started here stays."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control API, such as `control("GET", "/_local/info")`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.console + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                text = json.loads(text)["error"]["message"]
            except (ValueError, KeyError, TypeError):
                pass
            raise LabError(f"{method} {path}: {error.code} {text}") from None

    def reset(self) -> None:
        """Back to the lab's first state."""
        self.control("POST", "/_local/reset")

    def sign_in(self, user: str, client: str = "web") -> Tokens:
        """Signs a user in at the inbound provider."""
        answer = self.control("POST", "/_local/sign-in", {"user": user, "client": client})
        return Tokens(
            answer["accessToken"], answer.get("idToken"), answer.get("refreshToken"), int(answer["expiresIn"])
        )

    def consent(self, url: str, user: str, decision: str = "approve", *, complete: bool = True) -> ConsentWalk:
        """Lets a user's robot browser open an authorization URL and decide."""
        body = {"url": url, "user": user, "decision": decision, "complete": complete}
        answer = self.control("POST", "/_local/consent", body)
        return ConsentWalk(answer["hops"], answer["landed"], answer["status"], answer.get("hint"))

    def advance(self, span: str) -> str:
        """Lets world time pass, such as `advance("11m")`; returns what time it is then."""
        return str(self.control("POST", "/_local/clock", {"advance": span})["now"])

    def skew(self, party: str, span: str) -> None:
        """Sets one party's clock off."""
        self.control("POST", "/_local/clock", {"skew": {party: span}})

    def fault(self, name: str, party: str, **members: Any) -> None:
        """Sets a fault, such as `fault("down", "github", operation="POST /login/oauth/access_token", drop=True)`."""
        self.control("PUT", "/_local/faults", {"name": name, "party": party, **members})

    def clear_faults(self) -> None:
        """Removes every fault."""
        self.control("DELETE", "/_local/faults")

    def journal(self, after: int = 0) -> list[dict[str, Any]]:
        """What happened after the entry of this number (`seq`), secrets masked."""
        return list(self.control("GET", f"/_local/journal?after={after}")["entries"])

    def exchanges(self, **members: Any) -> list[dict[str, Any]]:
        """Messages whose members are these, such as `exchanges(to="github", status=200)`."""
        found = (entry for entry in self.journal() if entry["kind"] == "exchange")
        return [entry for entry in found if all(entry.get(name) == value for name, value in members.items())]

    def transitions(self, subject: str = "") -> list[str]:
        """States that a subject (its name, or the beginning of it) went through, in order."""
        steps = self.control("GET", "/_local/transitions")
        return [step["to"] for step in steps if step["subject"].startswith(subject)]

    def tokens(self, **members: Any) -> list[dict[str, Any]]:
        """Tokens whose members are these, such as `tokens(issuer="github", user="alice")`."""
        rows = self.control("GET", "/_local/tokens")
        return [row for row in rows if all(row.get(name) == value for name, value in members.items())]

    def snapshot(self) -> str:
        """Keeps the lab as it is; the id by which `restore` goes back to it."""
        return str(self.control("POST", "/_local/snapshots")["id"])

    def restore(self, snapshot: str) -> None:
        """Goes back to a snapshot: what came after it is undone."""
        self.control("POST", f"/_local/snapshots/{urllib.parse.quote(snapshot)}/restore")

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point AWS clients at this lab."""
        return {
            "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL": self.aws,
            "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": self.aws,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.account_id,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    def boto3(self, service: str, *, account: str = ACCOUNT, **options: Any) -> Any:
        """A boto3 client of this lab; the access key id is the account. boto3 has to be installed."""
        import boto3

        return boto3.client(
            service, endpoint_url=self.aws, region_name=self.region, aws_access_key_id=account,
            aws_secret_access_key=SECRET_KEY, **options,
        )

    def trace(self, last: int = 40) -> str:
        """The last entries of the journal, one line each."""
        return "\n".join(_line(entry) for entry in self.journal()[-last:])


def _line(entry: Mapping[str, Any]) -> str:
    head = f"{entry['seq']:>5} {entry['at'][11:23]}"
    kind = entry["kind"]
    if kind == "exchange":
        status = entry.get("status") or entry.get("failure", "no answer")
        return f"{head} {entry['from']} => {entry['to']} {entry['method']} {entry['path']} {status}"
    if kind == "transition":
        begin = f"{entry['from']} -> " if entry.get("from") else ""
        return f"{head}   {entry['subject']}: {begin}{entry['to']} ({entry['cause']})"
    if kind == "note":
        return f"{head}   {entry['party']}: {entry['text']}"
    rest = {name: value for name, value in entry.items() if name not in ("seq", "at", "kind") and value}
    return f"{head}   {kind} {json.dumps(rest)}"
