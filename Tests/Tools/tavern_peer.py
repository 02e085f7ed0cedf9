"""How many test files per second tavern runs on this machine: two requests each, against a server that does nothing.

Prints the rate, or nothing and exit code 3 where tavern is not installed.
"""

import http.server
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

FILES = 200


class Nothing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b'{"status":"ok"}')

    def log_message(self, *_):
        pass


def test(number, port):
    stages = "".join(
        f"  - name: ask {stage}\n    request: {{url: 'http://127.0.0.1:{port}/{number}/{stage}', method: GET}}\n"
        "    response: {status_code: 200, json: {status: ok}}\n"
        for stage in (1, 2)
    )
    return f"test_name: file {number}\nstages:\n{stages}"


def main():
    if importlib.util.find_spec("tavern") is None or importlib.util.find_spec("pytest") is None:
        print("tavern is not installed", file=sys.stderr)
        return 3
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            (pathlib.Path(folder) / f"test_{number}.tavern.yaml").write_text(test(number, server.server_port))
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder], capture_output=True, text=True)
        took = time.monotonic() - start
    server.shutdown()
    if done.returncode != 0 or not re.search(rf"{FILES} passed", done.stdout):
        print((done.stdout + done.stderr)[-1000:], file=sys.stderr)
        return 1
    print(f"{FILES / took:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
