"""`serve --fresh-keys`: keys that nobody can read in mocks/keys; with a data file they are there after a restart."""

import json
import os
import urllib.request

import pytest
import serving
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]


def get(url, token=None):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Lab:
    def __init__(self, folder, *flags):
        file = folder / "endpoints.json"
        file.unlink(missing_ok=True)
        self.process, self.endpoints = serving.start(BINARY, file, "--quiet", *flags, cwd=ROOT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    @property
    def keys(self):
        return get(self.endpoints["idp"] + "/.well-known/jwks.json")["keys"]

    def token(self):
        return post(self.endpoints["console"] + "/_local/sign-in", {"user": "alice"})["accessToken"]

    def user(self, token):
        return get(self.endpoints["idp"] + "/oauth2/userInfo", token)["sub"]


@pytest.mark.parametrize("name, algorithm", [("default", "RS256"), ("eddsa", "EdDSA")])
def test_they_are_new_each_time_and_sign(tmp_path, name, algorithm):
    known = set()
    with Lab(tmp_path, "--lab", name) as fixed:
        known.add(fixed.keys[0]["kid"])
    for _ in range(2):
        with Lab(tmp_path, "--lab", name, "--fresh-keys") as fresh:
            (key,) = fresh.keys
            assert key["alg"] == algorithm and key["kid"] not in known and "d" not in key
            known.add(key["kid"])
            assert fresh.user(fresh.token())


def test_a_data_file_keeps_them(tmp_path):
    # An issuer has its port in its name, so it is the same ones again.
    base = 30_000 + os.getpid() % 200 * 10
    data = ["--data", str(tmp_path / "state.sqlite"), "--port-base", str(base)]
    with Lab(tmp_path, *data, "--fresh-keys") as first:
        keys, token = first.keys, first.token()
        user = first.user(token)
        # What a reset undoes is the world's state, not who signs.
        post(first.endpoints["console"] + "/_local/reset", {})
        assert first.keys == keys
        token = first.token()
    # With and without the flag: the file says who signs.
    for flags in [[], ["--fresh-keys"]]:
        with Lab(tmp_path, *data, *flags) as again:
            assert again.keys == keys
            assert again.user(token) == user
