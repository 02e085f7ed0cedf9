"""What is shipped: the binary of `make dist`, completions that complete, ICU's data cut down to what is needed."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]
SHIPPED = pathlib.Path(os.environ.get("DIST", ROOT / ".build/dist")) / "agentcore-local"
PROGRAM = SHIPPED / "bin/agentcore-local"
needs_dist = pytest.mark.skipif(not PROGRAM.exists(), reason="make dist was not run")


def completed(script, *words):
    """What bash offers for the last word."""
    listed = " ".join(f"'{word}'" for word in words)
    ask = f"""
        source '{script}'
        COMP_WORDS=({listed}) COMP_CWORD={len(words) - 1} COMP_LINE='{' '.join(words)}'
        COMP_POINT=${{#COMP_LINE}}
        _agentcore-local agentcore-local '{words[-1]}' '{words[-2]}'
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", ask], capture_output=True, text=True).stdout.split()


def test_bash_completes_commands_and_flags(tmp_path):
    script = tmp_path / "completion"
    with script.open("w") as file:
        subprocess.run([BINARY, "--generate-completion-script", "bash"], stdout=file, check=True)
    assert completed(script, "agentcore-local", "le") == ["learn"]
    assert "--port-base" in completed(script, "agentcore-local", "serve", "--p")
    assert "--report-html" in completed(script, "agentcore-local", "run", "--report")


def test_icus_data_is_cut_down_to_english(tmp_path):
    """The toolchain's data without other languages; what is left is a data file that ICU can read."""
    if shutil.which("swiftc") is None:
        pytest.skip("there is no swiftc")
    target = tmp_path / "icu.o"
    subprocess.run([sys.executable, ROOT / "Tests/Tools/icu.py", target], check=True)
    names = subprocess.run(["nm", target], capture_output=True, text=True).stdout
    assert re.search(r"R icudt\d+_dat", names)
    data = target.read_bytes()
    assert 1e6 < len(data) < 8e6
    for there in (b"/root.res", b"/en.res", b"/zoneinfo64.res", b"/coll/ucadata.icu", b"/brkitr/root.res"):
        assert there in data, there
    for gone in (b"/de.res", b"/zh.res", b".cnv\0", b".dict\0"):
        assert gone not in data, gone


def test_every_licence_goes_with_the_program(tmp_path):
    """Each package with its version, the texts that its licence wants to be there, and each text once."""
    checkouts = ROOT / ".build/checkouts"
    if not checkouts.is_dir():
        pytest.skip("the packages were fetched to another place")
    file = tmp_path / "THIRD-PARTY.txt"
    subprocess.run([sys.executable, ROOT / "Tests/Tools/licences.py", checkouts, file], check=True)
    text = file.read_text()
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    for pin in pins:
        assert f"\n{pin['identity']} {pin['state']['version']}, " in text, pin
    for words in ("Copyright (C) 2015-2025 Gwendal Rou", "Copyright (c) 2016 JP Simard", "The Hummingbird Project",
                  "Copyright Fedor Indutny, 2018", "UNICODE LICENSE V3", "Runtime Library Exception"):
        assert words in text, words
    assert text.count("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION") < 6
    # MIT and Apache-2.0 are told apart by their first words; nothing else is there.
    assert not re.search(r"GNU (LESSER |AFFERO )?GENERAL PUBLIC LICENSE\n", text)


@needs_dist
def test_the_shipped_binary_needs_the_system_alone():
    assert PROGRAM.stat().st_size <= 90e6
    said = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*?)\]", said))
    assert needed <= {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    assert "no symbols" in subprocess.run(["nm", PROGRAM], capture_output=True, text=True).stderr


@needs_dist
def test_what_lies_beside_it():
    for path in ("mocks/labs/default.yaml", "scenarios/flow/method-2.yaml", "LICENSE",
                 "THIRD-PARTY.txt", "share/man/man1/agentcore-local.1",
                 "share/bash-completion/completions/agentcore-local", "share/zsh/site-functions/_agentcore-local",
                 "share/fish/vendor_completions.d/agentcore-local.fish"):
        assert (SHIPPED / path).stat().st_size > 0, path


@needs_dist
def test_it_runs_anywhere_and_in_any_language(tmp_path):
    """ICU falls back to English, whatever the user speaks; labs and scenarios are found beside the program."""
    for language in ("C", "de_DE.UTF-8", "ja_JP.UTF-8", "tr_TR.UTF-8"):
        done = subprocess.run(
            [PROGRAM, "run", "scenarios/flow"], cwd=tmp_path, capture_output=True, text=True,
            env={"LANG": language, "LC_ALL": language, "TZ": "Asia/Tokyo", "PATH": os.environ["PATH"]})
        assert done.returncode == 0 and "2 held" in done.stdout, done.stdout + done.stderr


@needs_dist
def test_it_runs_in_a_bare_debian():
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("that needs root and debootstrap; `make dist-check` does it")
    done = subprocess.run(
        [ROOT / "Tests/Tools/bare.sh", SHIPPED.parent, "bookworm"], capture_output=True, text=True, timeout=600)
    if done.returncode == 77:
        pytest.skip("no Debian mirror can be reached")
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "held in Debian GNU/Linux 12" in said, said[-3000:]
