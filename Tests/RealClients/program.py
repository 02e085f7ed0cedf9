"""The program under test, as a shell would start it."""

import os
import subprocess

from conftest import BINARY, ROOT


def run(*arguments, cwd=ROOT, timeout=300, stdin=None, **environment):
    """What came of a command, without what CI or a lab around it says in the environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "AGENTCORE_LOCAL_"))}
    return subprocess.run(
        [BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=timeout, input=stdin,
        env={**clean, **environment},
    )
