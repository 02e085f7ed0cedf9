"""Writes an object file with ICU's data for the root locale and English, a fifth of what Swift's toolchain carries.

    python3 Tests/Tools/icu.py OBJECT

The program prints numbers and times of its own making, in no user's language. ICU is made for such subsets: what is not
there falls back to the root locale. Left out are other languages, converters of old encodings, and dictionaries of
scripts without spaces.
"""

import pathlib
import re
import struct
import subprocess
import sys
import tempfile

LOCALE = re.compile(r"(?:^|/)[a-z]{2,3}(?:_\w+)?\.res$")
KEPT = re.compile(r"(?:^|/)(?:root|res_index|pool|en|en_001|en_US|en_US_POSIX)\.res$")


def is_kept(name):
    if name.endswith((".cnv", ".dict")) or name == "translit/root.res":
        return False
    return not LOCALE.search(name) or KEPT.search(name) is not None


def subset(data):
    """A common data file (ICU, `ucmndata.h`): a header, then names and items by offsets from the header's end."""
    (start,) = struct.unpack_from("<H", data)
    assert data[2:4] == b"\xda\x27" and data[12:16] == b"CmnD", "this is no ICU data"
    (count,) = struct.unpack_from("<I", data, start)
    pairs = [struct.unpack_from("<II", data, start + 4 + 8 * place) for place in range(count)]
    ends = [item for _, item in pairs[1:]] + [len(data) - start]
    kept = []
    for (name, item), end in zip(pairs, ends):
        label = data[start + name : data.index(b"\0", start + name)]
        if is_kept(label.decode().split("/", 1)[1]):
            kept.append((label, data[start + item : start + end]))
    names, places, items = b"", [], b""
    table = 4 + 8 * len(kept)
    for label, _ in kept:
        places.append(table + len(names))
        names += label + b"\0"
    names += b"\0" * (-(table + len(names)) % 16)
    rows = b""
    for place, (_, item) in zip(places, kept):
        rows += struct.pack("<II", place, table + len(names) + len(items))
        items += item + b"\0" * (-len(item) % 16)
    return data[:start] + struct.pack("<I", len(kept)) + rows + names + items


def main(target):
    ask = ["swiftc", "-static-stdlib", "-print-target-info"]
    info = subprocess.run(ask, capture_output=True, text=True, check=True)
    folder = re.search(r'"runtimeResourcePath"\s*:\s*"([^"]+)"', info.stdout)[1]
    archive = pathlib.Path(folder) / "linux/lib_FoundationICU.a"
    with tempfile.TemporaryDirectory() as folder:
        inside = pathlib.Path(folder)
        subprocess.run(["ar", "x", archive, "icu_packaged_data.cpp.o"], check=True, cwd=inside)
        packed, plain, source = inside / "icu_packaged_data.cpp.o", inside / "whole", inside / "data.s"
        subprocess.run(["objcopy", "-O", "binary", "--only-section=.rodata", packed, plain], check=True)
        symbol = re.search(r"icudt\d+_dat", subprocess.run(["nm", packed], capture_output=True, text=True).stdout)[0]
        (inside / "part").write_bytes(subset(plain.read_bytes()))
        source.write_text(
            f'.section .rodata\n.balign 16\n.globl {symbol}\n{symbol}:\n.incbin "{inside}/part"\n'
            f".size {symbol}, . - {symbol}\n.type {symbol}, @object\n.section .note.GNU-stack\n")
        subprocess.run(["cc", "-c", source, "-o", target], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
