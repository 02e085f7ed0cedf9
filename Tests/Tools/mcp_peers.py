"""Serves the tools that `bench` measures, by somebody else's program: `mcp_peers.py NAME PORT TOOLS`.

NAME is `fastmcp` or `localcore-gateway`; run it with an interpreter that has the package of that name. Each is set up
the way that is fastest for it: no sessions, answers as JSON. In place of a number of tools localcore-gateway takes the
address of an MCP server, whose tools it offers and whom it asks.
"""

import json
import os
import pathlib
import sys
import tempfile


def fastmcp(port, count):
    from fastmcp import FastMCP

    server = FastMCP("bench")

    def add(number):
        @server.tool(name=f"tool_{number}", description="Says what it is told")
        def say(text: str) -> str:
            return f"said {text}"

    for number in range(int(count)):
        add(number)
    server.run(
        transport="http", host="127.0.0.1", port=port, path="/mcp", stateless_http=True, json_response=True,
        log_level="error", show_banner=False,
    )


def localcore(port, count):
    from localcore_gateway.__main__ import main as serve

    config = {"server": {"stateless": True}, "targets": [mock(int(count)) if count.isdigit() else passing(count)]}
    path = pathlib.Path(tempfile.gettempdir()) / f"mcp-peer-{os.getpid()}.yaml"
    path.write_text(json.dumps(config))
    sys.argv = ["lcgw", "serve", "-c", str(path), "--host", "127.0.0.1", "--port", str(port)]
    try:
        serve()
    finally:
        path.unlink()


def passing(url):
    return {"type": "mcp", "name": "t", "url": url}


def mock(count):
    tools = [
        {
            "name": f"tool_{number}",
            "description": "Says what it is told",
            "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
            "response": "said x",
        }
        for number in range(count)
    ]
    return {"type": "mock", "name": "t", "tools": tools}


def main():
    name, port, count = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Writing a line per request would be their loss.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    {"fastmcp": fastmcp, "localcore-gateway": localcore}[name](port, count)


if __name__ == "__main__":
    main()
