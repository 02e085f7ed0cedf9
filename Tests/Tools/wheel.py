"""Writes a wheel that carries the binary, the mocks and the scenarios. Needs Python alone.

    python3 Tests/Tools/wheel.py BINARY FOLDER [COMPRESSION]
"""

import base64
import hashlib
import pathlib
import platform
import re
import subprocess
import sys
import zipfile

import licences

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "Sources/Python/agentcore_local"
NAME = "agentcore_local"


def glibc(binary):
    """The newest glibc symbol version that the binary asks for, as the platform tag has it (PEP 600)."""
    versions = [int(number) for number in re.findall(rb"GLIBC_2\.(\d+)", binary)]
    # Packed relocations are read from this one on; their version has a name instead of a number.
    if b"GLIBC_ABI_DT_RELR" in binary:
        versions.append(36)
    return f"manylinux_2_{max(versions)}_{platform.machine()}"


def main(binary, folder, level=9):
    binary = pathlib.Path(binary)
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    tag = f"py3-none-{glibc(binary.read_bytes())}"
    info = f"{NAME}-{version}.dist-info"
    files = {f"{NAME}/{path.name}": (path.read_bytes(), 0o644) for path in sorted(PACKAGE.iterdir()) if path.is_file()}
    files[f"{NAME}/bin/agentcore-local"] = (binary.read_bytes(), 0o755)
    for part in ("mocks", "scenarios"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.is_file():
                files[f"{NAME}/{path.relative_to(ROOT)}"] = (path.read_bytes(), 0o644)
    files[f"{info}/METADATA"] = (
        f"""Metadata-Version: 2.1
Name: agentcore-local
Version: {version}
Summary: The OAuth flow of Amazon Bedrock AgentCore Gateway, every party of it, on one machine
License: Apache-2.0
Requires-Python: >=3.10
Provides-Extra: boto3
Requires-Dist: boto3 ; extra == "boto3"
Classifier: Framework :: Pytest
Classifier: Typing :: Typed
Description-Content-Type: text/markdown

{(ROOT / "README.md").read_text()}""".encode(),
        0o644,
    )
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: agentcore-local\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(), 0o644)
    files[f"{info}/entry_points.txt"] = (
        f"[console_scripts]\nagentcore-local = {NAME}.__main__:main\n\n"
        f"[pytest11]\nagentcore_local = {NAME}.pytest_plugin\n".encode(),
        0o644,
    )
    files[f"{info}/licenses/LICENSE"] = ((ROOT / "LICENSE").read_bytes(), 0o644)
    files[f"{info}/licenses/THIRD-PARTY.txt"] = (licences.text(ROOT / ".build/checkouts").encode(), 0o644)
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, (data, _) in files.items()
    )
    files[f"{info}/RECORD"] = (f"{record}{info}/RECORD,,\n".encode(), 0o644)
    target = pathlib.Path(folder) / f"{NAME}-{version}-{tag}.whl"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=int(level)) as wheel:
        for name, (data, mode) in files.items():
            # The same bytes for the same files, whenever it is built.
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    print(f"{target} {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
