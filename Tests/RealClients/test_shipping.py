"""What ships around the binary: doctor, help, the end of a lab, the action and the Dockerfile."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
import serving

from conftest import BINARY, ROOT

CLIENTS = {"mcp1"}


def run(*words, **options):
    return subprocess.run([BINARY, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, **options)


def is_free(port):
    """Below the ports that the system gives away by itself."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_doctor_finds_this_machine_fit(lab):
    done = run("doctor", "--port-base", "0")
    assert done.returncode == 0, done.stdout
    for word in ("ports", "clock", "SQLite", "Python"):
        assert re.search(rf"^(ok  |note)  {word}", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.splitlines()[-1] == "A lab can be served here."


def test_the_doctor_names_who_has_the_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        base = min(port, 65529)
        done = run("doctor", "--port-base", str(base))
    assert done.returncode == 3 and f"{port} is in use by " in done.stdout and "--port-base 0" in done.stdout


def first_of_seven_free_ports():
    """A socket that has the first of seven ports; nobody has the other six."""
    while True:
        first = socket.create_server(("127.0.0.1", 0))
        try:
            for place in range(1, 7):
                socket.create_server(("127.0.0.1", first.getsockname()[1] + place)).close()
            return first
        except (OSError, OverflowError):
            first.close()


def test_a_taken_port_is_told_with_its_program_and_the_flag():
    with first_of_seven_free_ports() as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port-base", str(port))
    holder = open("/proc/self/comm").read().strip()
    assert done.returncode == 3, done.stderr
    assert f"port {port} " in done.stderr and f"in use by {holder} (process {os.getpid()})" in done.stderr
    assert "--port-base N" in done.stderr and "--port-base 0" in done.stderr


def test_the_doctor_tries_what_a_lab_reaches(tmp_path):
    """An origin that answers is good; one where nobody listens stands in the way, and is named."""
    shutil.copytree(ROOT / "mocks", tmp_path / "mocks")
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen()
        origin = f"http://127.0.0.1:{there.getsockname()[1]}"
        (tmp_path / "mocks/labs/mine.yaml").write_text(
            f'about: Mine\nuse: default\noutside: {{origins: ["{origin}"]}}\n')
        good = run("doctor", "--lab", "mine", "--port-base", "0", "--root", str(tmp_path))
    bad = run("doctor", "--lab", "mine", "--port-base", "0", "--root", str(tmp_path))
    assert good.returncode == 0 and re.search(rf"^ok .*{origin}", good.stdout, re.MULTILINE), good.stdout
    assert bad.returncode == 3 and re.search(rf"^FAIL .*{origin}", bad.stdout, re.MULTILINE), bad.stdout


def test_the_doctor_sees_a_lab_that_cannot_be_read():
    done = run("doctor", "--port-base", "0", "--lab", "nothing")
    assert done.returncode == 3 and "FAIL  lab" in done.stdout


def test_sigterm_ends_a_lab_within_a_second_and_loses_nothing(tmp_path):
    data, file = tmp_path / "lab.sqlite", tmp_path / "endpoints.json"

    def serve():
        process, origins = serving.start(BINARY, file, "--quiet", "--data", data, stderr=subprocess.DEVNULL)
        return process, origins["console"]

    def call(console, path, body=None):
        request = urllib.request.Request(console + path, None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    process, console = serve()
    call(console, "/_local/sign-in", {"user": "alice", "client": "web"})
    tokens = [row["id"] for row in call(console, "/_local/tokens")]
    # Somebody watches the console: an open stream keeps no lab alive.
    watcher = urllib.request.urlopen(console + "/live", timeout=10)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0 and time.monotonic() - begun < 1
    watcher.close()
    assert not file.exists(), "the file says where a lab answers, and none does"
    process, console = serve()
    assert [row["id"] for row in call(console, "/_local/tokens")] == tokens and tokens
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def test_the_changes_begin_with_this_version():
    text = (ROOT / ".github/CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+?),", text, re.MULTILINE)[0] == run("--version").stdout.strip()
    for name in ("CONTRIBUTING.md", "SECURITY.md"):
        commands = re.findall(r"`agentcore-local ([a-z]+)", (ROOT / ".github" / name).read_text())
        assert all(run(command, "--help").returncode == 0 for command in commands), name


def test_help_names_every_command_and_each_has_its_own():
    text = run("--help").stdout
    commands = re.findall(r"^  ([a-z]+) {2,}\S", text.split("SUBCOMMANDS:")[1], re.MULTILINE)
    assert {"run", "serve", "learn", "demo", "doctor", "wait", "exec"} <= set(commands)
    for command in commands:
        assert "USAGE: agentcore-local" in run(command, "--help").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_generated(shell):
    done = run("--generate-completion-script", shell)
    assert done.returncode == 0 and "agentcore-local" in done.stdout and "learn" in done.stdout


def test_the_action_exports_what_env_prints(lab, tmp_path):
    """The step of the action itself, in a shell, with the files a runner gives it."""
    text = (ROOT / ".github/action.yml").read_text()
    script = "\n".join(line[8:] for line in text.split("      run: |\n")[1].splitlines())
    outputs = {name: str(tmp_path / name) for name in ("GITHUB_ENV", "GITHUB_OUTPUT")}
    base = next(base for base in range(21000, 29000, 7) if all(map(is_free, range(base, base + 7))))
    environment = {**os.environ, **outputs, "RUNNER_TEMP": str(tmp_path), "BINARY": BINARY, "LAB": "default",
                   "PORT_BASE": str(base), "SEED": "1"}
    done = subprocess.run(["bash", "-e", "-c", script + "\nkill $!"], cwd=ROOT,
                          env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    exported = (tmp_path / "GITHUB_ENV").read_text()
    assert f"AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL=http://127.0.0.1:{base}" in exported
    assert not re.search(r"^AWS_ENDPOINT_URL=", exported, re.MULTILINE)
    assert "endpoints=" in (tmp_path / "GITHUB_OUTPUT").read_text()


def test_the_endpoints_file_of_a_later_lab_is_let_be(tmp_path):
    file = tmp_path / "endpoints.json"

    def serve():
        process, _ = serving.start(BINARY, file, "--quiet", stderr=subprocess.DEVNULL)
        return process

    def end(process):
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0

    first = serve()
    # The second one takes its name away before it is ready.
    told = file.read_text()
    file.unlink()
    second = serve()
    end(first)
    assert file.exists() and file.read_text() != told
    end(second)
    assert not file.exists()


def test_the_dockerfile_starts_what_the_program_has():
    text = (ROOT / ".github/Dockerfile").read_text()
    words = json.loads(re.search(r"^CMD (\[.*\])", text, re.MULTILINE)[1])
    assert words == ["serve", "--bind", "0.0.0.0", "--advertise", "localhost"]
    assert "USER nobody" in text and "COPY agentcore-local /opt/agentcore-local" in text
    process = subprocess.Popen([BINARY, *words, "--port-base", "0"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    said = ""
    while "ends it" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0 and "0.0.0.0" in said and "http://localhost:" in said
