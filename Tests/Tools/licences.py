"""Writes the licences of what is linked into the program: each package's texts and notices, whole, once.

    python3 Tests/Tools/licences.py CHECKOUTS FILE

CHECKOUTS is where the packages of Package.resolved lie (`.build/checkouts`). MIT, Apache-2.0 and Unicode-3.0 want their
texts and notices to go with every copy of a program; Swift's runtime, SQLite, zlib and libstdc++ do not.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = re.compile(r"(LICEN[CS]E|NOTICES?|COPYING)([.-].*)?", re.IGNORECASE)
# What came with code that was taken over lies deep; what only a package's own tests and tools use is not linked.
UNLINKED = {"tests", "benchmarks", "examples", "integrationtests", "performance", ".git", "dev", "scripts"}
BESIDES = """The program also holds Swift's runtime and Foundation (Apache-2.0 with the Runtime Library Exception), parts of ICU
and of its data (Unicode-3.0, below), SQLite (public domain), zlib by Jean-loup Gailly and Mark Adler (Zlib) and
libstdc++ (GPL-3.0 with the GCC Runtime Library Exception).
"""
UNICODE = pathlib.Path(__file__).with_name("unicode.txt")


def files(folder):
    """Licence and notice files of a package, its own first."""
    found = [
        path for path in folder.rglob("*")
        if path.is_file() and NAMES.fullmatch(path.name)
        and not UNLINKED & {part.lower() for part in path.relative_to(folder).parts[:-1]}
    ]
    return sorted(found, key=lambda path: (len(path.parts), path.name))


def text(checkouts):
    """All of it. A text that several packages have word for word stands there once."""
    for path in [ROOT / "Package.resolved", pathlib.Path(checkouts)]:
        if not path.exists():
            raise SystemExit(f"{path} is not there: the licences are those of a build in this checkout (make build)")
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    folders = {path.name.lower(): path for path in pathlib.Path(checkouts).iterdir()}
    told, parts = {}, [f"What agentcore-local is built of, and under which licences.\n\n{BESIDES}"]
    for pin in pins:
        # The folder has the name of the repository, the pin that of the package.
        folder = folders[pin["location"].rstrip("/").rsplit("/", 1)[-1].removesuffix(".git").lower()]
        own = files(folder)
        if not any(NAMES.fullmatch(path.name)[1].upper().startswith("LICEN") for path in own):
            raise SystemExit(f"{folder}: there is no licence file")
        parts.append(f"{'=' * 100}\n{pin['identity']} {pin['state']['version']}, {pin['location']}\n")
        for path in own:
            content = "\n".join(line.rstrip() for line in path.read_text().strip().splitlines())
            name = path.relative_to(folder).as_posix()
            if content in told:
                parts.append(f"{name}: word for word that of {told[content]}\n")
            else:
                told[content] = pin["identity"]
                parts.append(f"{name}:\n\n{content}\n")
    parts.append(f"{'=' * 100}\nICU\n\n{UNICODE.read_text()}")
    return "\n".join(parts)


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_text(text(sys.argv[1]))
