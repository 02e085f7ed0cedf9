"""What tests of programs that sign in have in common: a lab whose authorization server registers them, and the person
in front of the browser. It imports no client, so every environment can read it."""

import asyncio
import contextlib
import socket
import threading
import time
import urllib.parse
import webbrowser

import pytest
from conftest import served
from walker import Walker, query

__all__ = ["Memory", "Person", "free_port", "person", "query", "strict"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """The lab `strict`: registration, client documents, `iss`."""
    with served(tmp_path_factory.mktemp("strict"), "--lab", "strict") as lab:
        yield lab


@pytest.fixture
def person(monkeypatch):
    """Whatever the client opens in a browser, a person walks through; the addresses that were opened."""
    opened = []

    def decide(url):
        # The client listens for the answer only after it has opened the browser, and this person is quick.
        back = urllib.parse.urlsplit(query(url, "redirect_uri"))
        while True:
            with contextlib.suppress(OSError), socket.create_connection((back.hostname, back.port)):
                break
            time.sleep(0.005)
        Walker().walk(url, "alice-gh")

    def walk(url, *_, **__):
        opened.append(url)
        threading.Thread(target=decide, args=[url], daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", walk)
    return opened


class Memory:
    """Token storage of the official SDK, 1.x and 2.x."""

    def __init__(self, client=None):
        self.tokens, self.client = None, client

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Person:
    """Opens what the program shows her, decides, and reads the answer off the address bar: nobody listens there."""

    def __init__(self, user="alice-gh"):
        self.user, self.opened, self.answer = user, [], None

    async def open(self, url):
        self.opened.append(url)
        walker = Walker()
        with pytest.raises(OSError):
            await asyncio.to_thread(walker.walk, url, self.user)
        self.answer = walker.last

    async def read(self):
        return query(self.answer, "code"), query(self.answer, "state")
