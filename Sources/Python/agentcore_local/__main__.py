"""`agentcore-local` as the wheel installs it, and `python -m agentcore_local`."""

from __future__ import annotations

import os
import sys

from .lab import LabError, binary


def main() -> None:
    try:
        program = binary()
    except LabError as error:
        sys.exit(f"agentcore-local: {error}")
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
