"""Mixed load with faults on two served labs, for as long as asked: memory and file handles stay what they were.

`make soak` (MINUTES=30). Every round plays the same seeded mix twice: on a lab that is reset before and after, and on one
that never is, with a journal as short as a user would ask for (`--journal-keep`), where half a year of world time passes in
each round, so that whatever has an end reaches it. At its end resident memory and open files of both are read. The run
fails if they grow from the second third to the last, if an answer is missing that no fault took, or if a 5xx is not a
fault's. What the lab that is never reset may keep for good is the same in every round: one gateway, three users.
"""

import argparse
import json
import random
import socket
import statistics
import sys
import threading
import time
import urllib.parse

from calling import PARTIES, Caller, Served, Wrong

TOOLS = {"tools": [{"name": "get_me", "description": "Who am I?", "inputSchema": {"type": "object"}}]}
MCP = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
FAULT_STATUS = 503
JOURNAL_KEPT = 5000
CLIENT, SECRET = "Ov23liagentcorelocal", "agentcore-local-secret"
USERS = ["alice", "bob", "mallory"]
# GitHub's refresh tokens live half a year, and nothing else that ends lives longer.
LONGEST_LIFE = "185d"


class Scene:
    """What a round begins with: provider, gateway, target, and a user who has consented."""

    def __init__(self, origins):
        self.origins = origins
        self.caller = caller = Caller(origins)
        provider = caller.ask("aws", "POST", "/identities/CreateOauth2CredentialProvider", {
            "name": "github", "credentialProviderVendor": "GithubOauth2",
            "oauth2ProviderConfigInput": {"githubOauth2ProviderConfig": {
                "clientId": CLIENT, "clientSecret": SECRET}}})
        gateway = caller.ask("aws", "POST", "/gateways/", {
            "name": "demo", "roleArn": "arn:aws:iam::111122223333:role/gateway", "protocolType": "MCP",
            "authorizerType": "CUSTOM_JWT", "protocolConfiguration": {"mcp": {"supportedVersions": ["2025-11-25"]}},
            "authorizerConfiguration": {"customJWTAuthorizer": {
                "discoveryUrl": origins["idp"] + "/.well-known/openid-configuration", "allowedClients": ["web"]}}})
        self.gateway = gateway["gatewayId"]
        self.endpoint = urllib.parse.urlsplit(gateway["gatewayUrl"]).path
        self.advance("1s")
        caller.ask("aws", "POST", f"/gateways/{self.gateway}/targets/", {
            "name": "github",
            "targetConfiguration": {"mcp": {"mcpServer": {
                "endpoint": origins["mcp"] + "/mcp", "mcpToolSchema": {"inlinePayload": json.dumps(TOOLS)}}}},
            "credentialProviderConfigurations": [{
                "credentialProviderType": "OAUTH",
                "credentialProvider": {"oauthCredentialProvider": {
                    "providerArn": provider["credentialProviderArn"], "grantType": "AUTHORIZATION_CODE",
                    "defaultReturnUrl": origins["app"] + "/callback", "scopes": ["repo", "read:user"]}}}]})
        self.advance("1s")
        # So that every token ends some day, and is refreshed before.
        caller.ask("console", "PUT", f"/_local/applications/{CLIENT}", {"expiringTokens": True, "deviceFlow": True})
        self.workload = caller.ask("aws", "POST", "/identities/CreateWorkloadIdentity", {
            "name": "agent", "allowedResourceOauth2ReturnUrls": [origins["app"] + "/callback"]})["name"]
        self.begin()

    def begin(self):
        """Alice signs in and consents: what the workers find in each round."""
        caller = self.caller
        self.token = self.sign_in("alice")
        self.consent(caller, self.token, "alice")
        status, text = self.tool(caller, self.token)
        if status != 200 or "result" not in json.loads(text):
            raise Wrong(f"no answer after consent: {status} {text[:300]}")

    def age(self):
        """Tokens are refreshed once, and then everything that has an end reaches it."""
        for user in USERS:
            self.consent(self.caller, self.sign_in(user), user)
        self.advance("9h")
        for user in USERS:
            status, text = self.tool(self.caller, self.sign_in(user))
            if status != 200 or "result" not in json.loads(text):
                raise Wrong(f"no answer after a refresh: {status} {text[:300]}")
        self.advance(LONGEST_LIFE)

    def advance(self, span):
        self.caller.ask("console", "POST", "/_local/clock", {"advance": span})

    def sign_in(self, user):
        return self.caller.ask("console", "POST", "/_local/sign-in", {"user": user, "client": "web"})["accessToken"]

    def tool(self, caller, token, name="github___get_me"):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}}
        return caller.call(
            "gateway", "POST", self.endpoint, message, {**MCP, "Authorization": f"Bearer {token}"})

    def consent(self, caller, token, user):
        """The whole walk, where nothing prevents it."""
        status, text = self.tool(caller, token)
        if status != 200 or '"elicitations"' not in text:
            return
        url = json.loads(text)["error"]["data"]["elicitations"][0]["url"]
        caller.call("app", "POST", "/userIdentifier/token", {"user_token": token})
        caller.call("console", "POST", "/_local/consent", {"url": url, "user": user, "complete": True})


class Worker(threading.Thread):
    """Plays its share of a round. A 5xx counts as wrong unless it is the one that faults give."""

    def __init__(self, scene, chance, count):
        super().__init__(daemon=True)
        self.scene, self.chance, self.count = scene, chance, count
        self.caller = Caller(scene.origins)
        self.wrong, self.done, self.broken = None, {}, 0

    def run(self):
        acts = [(self.read, 20), (self.write, 10), (self.grant, 15), (self.keys, 10), (self.tools, 15), (self.call, 15),
                (self.walk, 1), (self.ask, 6), (self.device, 4), (self.nonsense, 6), (self.leave, 4), (self.stream, 2),
                (self.fault, 2)]
        try:
            for _ in range(self.count):
                act = self.chance.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
                act()
                self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
        except Exception as error:  # Whatever it was, the run tells it.
            self.wrong = error
        self.caller.close()

    def judge(self, answer, what):
        status, text = answer
        if status is None:
            self.broken += 1
        elif status >= 500 and status != FAULT_STATUS:
            raise Wrong(f"{what}: {status} {text[:300]}")
        return answer

    def read(self):
        path = self.chance.choice([f"/gateways/{self.scene.gateway}/", "/gateways/", f"/gateways/{self.scene.gateway}/targets/"])
        self.judge(self.caller.call("aws", "GET", path), path)

    def write(self):
        name = f"w-{self.chance.randrange(10**9)}"
        for operation in ("Create", "Get", "Delete"):
            self.judge(self.caller.call("aws", "POST", f"/identities/{operation}WorkloadIdentity", {"name": name}), operation)

    def grant(self):
        form = {"grant_type": "client_credentials", "client_id": "service", "client_secret": SECRET}
        self.judge(self.caller.call("idp", "POST", "/oauth2/token", form=form), "token")

    def keys(self):
        self.judge(self.caller.call("idp", "GET", "/.well-known/jwks.json"), "keys")

    def tools(self):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {**MCP, "Authorization": f"Bearer {self.scene.token}"}
        self.judge(self.caller.call("gateway", "POST", self.scene.endpoint, message, headers), "tools/list")

    def call(self):
        self.judge(self.scene.tool(self.caller, self.scene.token), "tools/call")

    def walk(self):
        user = self.chance.choice(["bob", "mallory"])
        status, text = self.caller.call("console", "POST", "/_local/sign-in", {"user": user, "client": "web"})
        if status == 200:
            self.scene.consent(self.caller, json.loads(text)["accessToken"], user)

    def ask(self):
        """An agent asks for somebody's consent as if there were none, and the person opens the link and goes no further."""
        named = {"workloadName": self.scene.workload, "userId": self.chance.choice(USERS)}
        status, text = self.judge(
            self.caller.call("aws", "POST", "/identities/GetWorkloadAccessTokenForUserId", named), "workload token")
        if status != 200:
            return
        question = {"workloadIdentityToken": json.loads(text)["workloadAccessToken"], "scopes": ["repo"],
                    "resourceCredentialProviderName": "github", "oauth2Flow": "USER_FEDERATION", "forceAuthentication": True,
                    "resourceOauth2ReturnUrl": self.scene.origins["app"] + "/callback"}
        status, text = self.judge(self.caller.call("aws", "POST", "/identities/oauth2/token", question), "question")
        if status == 200:
            url = urllib.parse.urlsplit(json.loads(text)["authorizationUrl"])
            status, _ = self.judge(self.caller.call("aws", "GET", f"{url.path}?{url.query}"), "link")
            where = self.caller.location
            if status == 302 and where.startswith(self.scene.origins["github"]):
                # A browser without cookies: it is shown the sign-in page.
                page = urllib.parse.urlsplit(where)
                status, _ = self.judge(self.caller.call("github", "GET", f"{page.path}?{page.query}"), "authorization")
                page = urllib.parse.urlsplit(self.caller.location or "/login")
                self.judge(self.caller.call("github", "GET", f"{page.path}?{page.query}"), "sign-in page")

    def device(self):
        """A device asks for a code, polls once, and is switched off."""
        status, text = self.judge(
            self.caller.call("github", "POST", "/login/device/code", headers={"Accept": "application/json"},
                             form={"client_id": CLIENT, "scope": "repo"}), "device")
        if status == 200 and "device_code" in text:
            poll = {"client_id": CLIENT, "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                    "device_code": json.loads(text)["device_code"]}
            self.judge(self.caller.call("github", "POST", "/login/oauth/access_token", form=poll), "poll")

    def nonsense(self):
        party = self.chance.choice(PARTIES)
        body = bytes(self.chance.randrange(256) for _ in range(self.chance.choice([0, 3, 200, 5_000])))
        path = self.chance.choice(["/", "/mcp", self.scene.endpoint, "/oauth2/token", "/identities/CreateWorkloadIdentity", "/%00"])
        self.judge(self.caller.call(party, self.chance.choice(["GET", "POST", "PUT", "DELETE"]), path, body), f"nonsense {party} {path}")

    def leave(self):
        """Connections that are opened and left: at once, in the middle of a head, in the middle of a body."""
        host, port = self.caller.addresses[self.chance.choice(PARTIES)].split(":")
        with socket.create_connection((host, int(port)), timeout=60) as client:
            client.sendall(self.chance.choice([
                b"", b"GET / HT", f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 1000\r\n\r\n{{".encode()]))

    def stream(self):
        """A console's stream of events, left after its first bytes."""
        host, port = self.caller.addresses["console"].split(":")
        with socket.create_connection((host, int(port)), timeout=60) as client:
            client.sendall(f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
            client.recv(100)

    def fault(self):
        name = f"soak-{self.chance.randrange(3)}"
        effect = self.chance.choice([
            {"answer": {"status": FAULT_STATUS, "body": "soak fault"}}, {"answer": {"status": 429, "body": "soak fault"}},
            {"drop": True}, {"duplicate": True}, {"truncate": True}, {"delay": "3s"}])
        party = self.chance.choice(["github", "mcp", "idp"])
        fault = {"name": name, "party": party, "first": self.chance.randint(1, 5), **effect}
        status, text = self.caller.call("console", "PUT", "/_local/faults", fault)
        if status != 200:
            raise Wrong(f"fault refused: {status} {text}")


def play(scene, seed, number, workers, count):
    """One round of all workers: acts that were done, connections that faults broke."""
    crew = [Worker(scene, random.Random(f"{seed}-{number}-{place}"), count) for place in range(workers)]
    for worker in crew:
        worker.start()
    for worker in crew:
        worker.join()
        if worker.wrong:
            raise worker.wrong
    scene.caller.ask("console", "DELETE", "/_local/faults")
    return sum(sum(worker.done.values()) for worker in crew), sum(worker.broken for worker in crew)


class ResetLab:
    """Begins every round as on its first day, and is empty when its memory is read."""

    name = "reset"

    def __init__(self, options):
        self.served = Served(options.binary, *(["--data", options.data] if options.data else []))

    def round(self, *arguments):
        scene = Scene(self.served.origins)
        outcome = play(scene, *arguments)
        # After all of it the flow works as at the beginning.
        scene.caller.ask("console", "POST", "/_local/reset")
        Scene(self.served.origins).caller.close()
        scene.caller.ask("console", "POST", "/_local/reset")
        scene.caller.close()
        return outcome


class LastingLab:
    """Is served as for weeks: never reset, and its world grows half a year older in each round."""

    name = "never reset"

    def __init__(self, options):
        self.served = Served(options.binary, "--journal-keep", str(JOURNAL_KEPT))
        self.scene = None

    def round(self, *arguments):
        self.scene = self.scene or Scene(self.served.origins)
        outcome = play(self.scene, *arguments)
        self.scene.age()
        self.scene.begin()
        return outcome


class Samples:
    """What one lab took after each round."""

    def __init__(self, lab):
        self.lab, self.taken = lab, []

    def take(self):
        resident, private = self.lab.served.memory()
        self.taken.append((resident, private, self.lab.served.files()))
        return f"{self.lab.name} {resident / 1024:6.1f} MB ({private / 1024:6.1f} private), {self.taken[-1][2]} files"

    def verdict(self):
        """In words, and whether it grew."""
        third = max(1, len(self.taken) // 3)
        # The first third is warming up: caches, pools and the allocator find their size there.
        first, last = self.taken[third : 2 * third], self.taken[-third:]
        before, after = (statistics.median(sample[0] for sample in part) for part in (first, last))
        files = (max(sample[2] for sample in first), max(sample[2] for sample in last))
        words = f"{self.lab.name}: {before / 1024:.1f} MB then {after / 1024:.1f} MB, files {files[0]} then {files[1]}"
        return words, after > before * 1.1 or files[1] > files[0] + 8


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--acts", type=int, help="of each worker in a round (1500; 250 in less than ten minutes)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", help="a data file for the lab that is reset, kept afterwards")
    options = parser.parse_args()
    # The heap has the size of the fullest lab so far: it takes a dozen rounds to settle, so a short run has small ones.
    acts_of_each = options.acts or (1500 if options.minutes >= 10 else 250)
    began, rounds, acts, broken, codes = time.monotonic(), 0, 0, 0, []
    samples = []
    try:
        for kind in (ResetLab, LastingLab):
            samples.append(Samples(kind(options)))
        while rounds < 12 or time.monotonic() - began < options.minutes * 60:
            told = []
            for sample in samples:
                done, lost = sample.lab.round(options.seed, rounds, options.workers, acts_of_each)
                acts, broken = acts + done, broken + lost
                told.append(sample.take())
            rounds += 1
            print(f"{time.monotonic() - began:7.0f} s  {acts:9} acts  {'  '.join(told)}  "
                  f"{broken} connections broken by faults", flush=True)
    finally:
        codes = [sample.lab.served.end() for sample in samples]
    verdicts = [sample.verdict() for sample in samples]
    print(f"{rounds} rounds, {acts} acts: {'; '.join(words for words, _ in verdicts)}")
    if any(codes):
        sys.exit(f"serve ended with {codes}")
    if any(grew for _, grew in verdicts):
        sys.exit("it grew")


if __name__ == "__main__":
    main()
