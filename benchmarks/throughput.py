"""Requests per second of the documented basic request, as a ratio to a bare ASGI app in the same run.

`python benchmarks/throughput.py [--rounds 5] [--seconds 3] [--at-least 0.5] [--varied] [--stream]`; needs wrk and two
cores. The bare app sends the same headers and a body of the same length; both servers share one core in turn, the load
has the other.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from servers import BASIC, COUNTER, Rate, Side, fakeapi_command, free_port, in_turn, post, running, told

STREAM = {**BASIC, "messages": [{"role": "user", "content": "Hello, world"}], "stream": True}
VARIED = {**BASIC, "messages": [{"role": "user", "content": f"Tell me about number {COUNTER}"}]}
_HOP = {"transfer-encoding", "connection"}


def main() -> int:
    """Measure in turn, print the figures and the ratio; 1 where the ratio is under --at-least."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--at-least", type=float, default=0.0)
    parser.add_argument("--stream", action="store_true", help="a stream of 10 events")
    parser.add_argument(
        "--varied", action="store_true", help="a different question each time, answered by the default prose"
    )
    options = parser.parse_args()
    rounds = compare(options.rounds, options.seconds, STREAM if options.stream else VARIED if options.varied else BASIC)
    ratio = told(rounds, "fakeapi", "bare")
    return 0 if ratio >= options.at_least else 1


def compare(rounds: int, seconds: int, asked: object) -> list[tuple[Rate, Rate]]:
    """Rounds of (fakeapi, bare), in turn, after a warm-up of each."""
    ours, bare = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder, running(fakeapi_command(ours), ours) as mine:
        _, headers, body = post(ours, asked)
        sample = Path(folder) / "sample.json"
        lines = [[name, value] for name, value in headers if name.lower() not in _HOP]
        sample.write_text(json.dumps({"headers": lines, "body": body}))
        yardstick = [sys.executable, str(Path(__file__).with_name("bare.py")), str(bare), str(sample)]
        with running(yardstick, bare) as theirs:
            return in_turn(Side(mine, ours, asked), Side(theirs, bare, asked), rounds, seconds)


if __name__ == "__main__":
    sys.exit(main())
