"""Starts `serve` on free ports. Nothing but the standard library, so that tools and tests both have it."""

import json
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Ended(Exception):
    """`serve` ended before it was ready."""

    def __init__(self, code):
        super().__init__(f"serve ended with {code}")


def start(binary, endpoints, *arguments, **options):
    """The process and what its endpoints file says, once every port answers. `options` are those of `Popen`."""
    process = subprocess.Popen(
        [str(binary), "serve", "--port-base", "0", "--endpoints-file", str(endpoints), *arguments],
        **{"cwd": ROOT, **options},
    )
    return process, ready(process, endpoints)


def ready(process, endpoints):
    # The file is renamed into place when every port answers, so there is nothing to wait for beyond it.
    try:
        while not pathlib.Path(endpoints).exists():
            if process.poll() is not None:
                raise Ended(process.returncode)
            time.sleep(0.005)
        return json.loads(pathlib.Path(endpoints).read_text())
    except BaseException:
        # Whoever waited no longer, by Control-C too, has no lab to stop.
        process.kill()
        process.wait()
        raise
