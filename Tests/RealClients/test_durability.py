"""`serve --data`: an answered write survives `kill -9` at any moment, and what a full disk does not take is told.

A long run: `DURABILITY_KILLS=500 python -m pytest Tests/RealClients/test_durability.py --client mcp1`.
"""

import http.client
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import threading

import pytest
from kept_lab import Serving, made

CLIENTS = ["mcp1"]

KILLS = int(os.environ.get("DURABILITY_KILLS", "12"))
SEED = int(os.environ.get("DURABILITY_SEED", "7"))
WRITERS = 4


def request(action, name, value):
    """Operation and body that give a resource this value."""
    if name.startswith("identity"):
        body = {} if action == "Delete" else {"allowedResourceOauth2ReturnUrls": [value]}
        return f"{action}WorkloadIdentity", {"name": name, **body}
    configuration = {"clientId": value, "clientSecret": f"secret of {value}"}
    body = {
        "credentialProviderVendor": "GithubOauth2",
        "oauth2ProviderConfigInput": {"githubOauth2ProviderConfig": configuration},
    }
    return f"{action}Oauth2CredentialProvider", {"name": name, **({} if action == "Delete" else body)}


class Writer(threading.Thread):
    """Creates, changes and deletes what only it touches, until the process dies. It knows what it was told."""

    def __init__(self, serving, prefix, chance, alarm):
        super().__init__()
        self.serving, self.prefix, self.chance, self.alarm = serving, prefix, chance, alarm
        self.known, self.under_way, self.wrong = {}, None, None

    def run(self):
        connection = self.serving.connection()
        try:
            for count in range(1_000_000):
                action, name, value = self.choose(count)
                self.under_way = (name, value)
                status, answer = self.serving.call(connection, *request(action, name, value))
                assert status < 300, answer
                self.keep(name, value)
                self.alarm.answered()
        except (OSError, http.client.HTTPException):
            pass
        except Exception as error:
            self.wrong = error
        self.alarm.raised.set()

    def choose(self, count):
        action = self.chance.choice(["Create", "Create", "Update", "Delete"]) if self.known else "Create"
        name = self.chance.choice(sorted(self.known)) if action != "Create" else ""
        name = name or f"{self.chance.choice(['identity', 'provider'])}-{self.prefix}-{count}"
        return action, name, None if action == "Delete" else f"https://example.com/{name}/{count}"

    def keep(self, name, value):
        self.known.pop(name, None)
        if value is not None:
            self.known[name] = value
        self.under_way = None


class Alarm:
    """Raised after so many answers."""

    def __init__(self, count):
        self.left, self.raised, self.lock = count, threading.Event(), threading.Lock()

    def answered(self):
        with self.lock:
            self.left -= 1
            if self.left <= 0:
                self.raised.set()


def sound(folder):
    """A copy of what the dead process left, as SQLite takes it up: nothing is damaged, the journal has no gap."""
    copy = folder / "copy"
    copy.mkdir(exist_ok=True)
    for path in folder.glob("state.sqlite*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, copy / path.name)
    database = sqlite3.connect(copy / "state.sqlite")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    count, first, last = database.execute("SELECT count(*), min(sequence), max(sequence) FROM journal").fetchone()
    database.close()
    shutil.rmtree(copy)
    assert count == 0 or last - first + 1 == count


def killed_while_it_starts(folder, chance):
    """A process that is killed anywhere between its first instruction and its first answer."""
    Serving(folder, patience=chance.randrange(30_000)).kill()


def agree(found, writer, name):
    """What is there is what the writer was told, or what it had just asked for."""
    allowed = {writer.known.get(name)}
    if writer.under_way and writer.under_way[0] == name:
        allowed.add(writer.under_way[1])
    return found.get(name) in allowed


def test_what_was_answered_survives_kill_9(tmp_path):
    """After each kill everything is as the clients were told; only what was under way may be there or not."""
    chance = random.Random(SEED)
    settled, total, under_way, starts = {}, 0, 0, 0
    serving = Serving(tmp_path)
    for round in range(KILLS):
        alarm = Alarm(chance.randint(1, 60))
        writers = [
            Writer(serving, f"{round}-{number}", random.Random(f"{SEED} {round} {number}"), alarm)
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        alarm.raised.wait()
        serving.kill()
        for writer in writers:
            writer.join()
            assert writer.wrong is None, writer.wrong
        sound(tmp_path)
        if chance.random() < 0.25:
            killed_while_it_starts(tmp_path, chance)
            starts += 1
        serving = Serving(tmp_path)
        found = serving.state()
        lost = {name for name, value in settled.items() if found.get(name) != value}
        assert not lost, f"round {round}: answered in an earlier one and gone: {sorted(lost)[:5]}"
        for writer in writers:
            asked = {writer.under_way[0]} if writer.under_way else set()
            wrong = [name for name in asked | set(writer.known) if not agree(found, writer, name)]
            assert not wrong, f"round {round}: lost or half done: {[(n, found.get(n), writer.known.get(n)) for n in wrong]}"
        known = set(settled).union(*(writer.known for writer in writers))
        asked = {writer.under_way[0] for writer in writers if writer.under_way}
        assert set(found) <= known | asked, f"round {round}: nobody asked for {sorted(set(found) - known - asked)[:5]}"
        total += sum(len(writer.known) for writer in writers)
        under_way += len(asked)
        # A few stay for good; the others go, so that a long run stays as fast as a short one.
        connection = serving.connection()
        for place, name in enumerate(sorted(set(found) - set(settled))):
            # An account has 50 providers.
            if place % 16 == 0 and (name.startswith("identity") or len(settled) < 10):
                settled[name] = found[name]
            else:
                status, answer = serving.call(connection, *request("Delete", name, None))
                assert status < 300, answer
    serving.end()
    print(f"{KILLS} kills under load and {starts} while starting: {total} resources that were told, none lost; "
          f"{under_way} writes under way, none half done")


def test_a_client_token_is_remembered_over_a_restart(tmp_path):
    """An older file has rows that say no end: they are read, and what they say is over."""
    body = {"name": "gw", "roleArn": "arn:aws:iam::111122223333:role/g", "authorizerType": "NONE", "protocolType": "MCP"}
    body["clientToken"] = "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a"

    def create():
        serving = Serving(tmp_path)
        connection = serving.connection()
        connection.request("POST", "/gateways/", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.status, json.loads(answer.read())
        serving.end()
        return told

    first = create()
    assert first[0] == 202 and create() == first
    with sqlite3.connect(tmp_path / "state.sqlite") as database:
        changed = database.execute(
            "UPDATE record SET body = json_remove(body, '$.until') WHERE collection = 'client-token'")
        assert changed.rowcount == 1
    database.close()
    status, told = create()
    assert status == 409 and "already exists" in told["message"], told


def test_the_file_is_its_owners_alone(tmp_path):
    serving = Serving(tmp_path)
    serving.end()
    for path in tmp_path.glob("state.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_process_is_refused(tmp_path):
    serving = Serving(tmp_path)
    with pytest.raises(RuntimeError, match="in use by another process"):
        Serving(shutil_folder(tmp_path))
    connection = serving.connection()
    assert serving.call(connection, "CreateWorkloadIdentity", {"name": "still-here"})[0] in (200, 201)
    serving.end()


def shutil_folder(folder):
    """Another folder with the same data file."""
    other = folder / "other"
    other.mkdir(exist_ok=True)
    link = other / "state.sqlite"
    if not link.exists():
        link.symlink_to(folder / "state.sqlite")
    return other


def test_a_full_disk_is_told_and_got_over(tmp_path):
    """A limit of the file's length stands for the disk: what was answered is there, and nothing comes twice."""
    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, resource.RLIM_INFINITY))

    def token(serving, user):
        body = {"workloadName": "agent", "userId": user}
        status, answer = serving.call(serving.connection(), "GetWorkloadAccessTokenForUserId", body)
        return answer["workloadAccessToken"] if status == 200 else None

    def ready(serving):
        connection = serving.connection()
        connection.request("GET", "/_local/ready")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    serving = Serving(tmp_path, limited)
    assert serving.call(serving.connection(), "CreateWorkloadIdentity", {"name": "agent"})[0] in (200, 201)
    told = []
    # A small write may find room where a longer one found none.
    for _ in range(5000):
        if ready(serving)[0] != 200:
            break
        told += [given for given in [token(serving, f"user{len(told)}")] if given is not None]
    assert ready(serving)[0] == 503 and "state.sqlite" in ready(serving)[1]
    assert token(serving, "nobody") is None
    resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert ready(serving)[0] == 200
    told += [token(serving, f"after{count}") for count in range(5)]
    serving.kill()
    sound(tmp_path)
    serving = Serving(tmp_path)
    told += [token(serving, f"new{count}") for count in range(30)]
    assert None not in told and len(set(told)) == len(told) > 40
    serving.end()


def test_a_full_disk_is_told_and_nothing_half_done_is_kept(tmp_path):
    """A limit on the size of files stands for the disk: the write that meets it is refused as an AWS error."""
    made(tmp_path)

    def limits():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    serving = Serving(tmp_path, limits)
    connection = serving.connection()
    kept, status, answer = 40, 200, {}
    while status in (200, 201):
        status, answer = serving.call(connection, "CreateWorkloadIdentity", {"name": f"full-{kept}"})
        kept += status in (200, 201)
        assert kept < 5000, "the disk never filled"
    assert status == 500 and "message" in answer, answer
    serving.kill()
    again = Serving(tmp_path)
    assert len(again.state()) == kept
    again.end()
