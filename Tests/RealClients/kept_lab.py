"""A lab with a data file, as a test starts it, ends it and looks into it."""

import http.client
import json
import signal
import subprocess

from conftest import BINARY, ROOT

LISTS = {"workloadIdentities": "ListWorkloadIdentities", "credentialProviders": "ListOauth2CredentialProviders"}


class Serving:
    def __init__(self, folder, limits=None, patience=None):
        self.endpoints_file = folder / "endpoints.json"
        self.endpoints_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port-base", "0", "--quiet", "--data", str(folder / "state.sqlite")]
            + ["--endpoints-file", str(self.endpoints_file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limits,
        )
        while not self.endpoints_file.exists():
            if patience is not None:
                patience -= 1
                if patience < 0:
                    return
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stderr.read())
        self.address = json.loads(self.endpoints_file.read_text())["aws"].removeprefix("http://")

    def call(self, connection, operation, body):
        connection.request("POST", f"/identities/{operation}", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or "{}")

    def connection(self):
        return http.client.HTTPConnection(self.address, timeout=30)

    def state(self):
        """Every workload identity and provider as the API tells of it: by name, the URL or the client id."""
        connection, found = self.connection(), {}
        for kind, operation in LISTS.items():
            token = None
            while True:
                body = {"maxResults": 20, **({"nextToken": token} if token else {})}
                status, page = self.call(connection, operation, body)
                assert status == 200, page
                for item in page[kind]:
                    found[item["name"]] = self.told(connection, kind, item["name"])
                token = page.get("nextToken")
                if not token:
                    break
        return found

    def told(self, connection, kind, name):
        """What a resource is: one that is half there, such as a provider without its secret, is none."""
        if kind == "workloadIdentities":
            status, whole = self.call(connection, "GetWorkloadIdentity", {"name": name})
            assert status == 200, whole
            return "".join(whole["allowedResourceOauth2ReturnUrls"])
        status, whole = self.call(connection, "GetOauth2CredentialProvider", {"name": name})
        assert status == 200 and whole["clientSecretArn"]["secretArn"] and whole["callbackUrl"], whole
        return whole["oauth2ProviderConfigOutput"]["githubOauth2ProviderConfig"]["clientId"]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=10) == 0


def made(folder):
    serving = Serving(folder)
    connection = serving.connection()
    for count in range(40):
        assert serving.call(connection, "CreateWorkloadIdentity", {"name": f"made-{count}"})[0] in (200, 201)
    serving.end()
    return folder / "state.sqlite"
