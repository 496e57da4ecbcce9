"""The yardstick: an ASGI app that does nothing but send fixed headers and a fixed body, as long as ours.

`python benchmarks/bare.py PORT FILE`: FILE holds JSON {"headers": [[name, value], ...], "body": "..."}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn


def app(headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    """An ASGI app that reads the request's body and sends the same answer to all."""
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    end = {"type": "http.response.body", "body": body}

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send(start)
        await send(end)

    return answer


if __name__ == "__main__":
    sample = json.loads(Path(sys.argv[2]).read_text())
    lines = [(name.encode(), value.encode()) for name, value in sample["headers"]]
    config = uvicorn.Config(
        app(lines, sample["body"].encode()),
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    uvicorn.Server(config).run()
