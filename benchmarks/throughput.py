"""Requests per second of the documented basic request, as a ratio to a bare ASGI app in the same run.

`python benchmarks/throughput.py [--rounds 5] [--seconds 3] [--at-least 0.5]`; needs wrk and two cores. The bare app
sends the same headers and a body of the same length; both servers share one core in turn, the load has the other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from servers import BASIC, fakeapi_command, free_port, post, running, wrk

_HOP = {"transfer-encoding", "connection"}


def main() -> int:
    """Measure in turn, print the figures and the ratio; 1 where the ratio is under --at-least."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    ours, bare = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder, running(fakeapi_command(ours), ours):
        _, headers, body = post(ours, BASIC)
        sample = Path(folder) / "sample.json"
        lines = [[name, value] for name, value in headers if name.lower() not in _HOP]
        sample.write_text(json.dumps({"headers": lines, "body": body}))
        yardstick = [sys.executable, str(Path(__file__).with_name("bare.py")), str(bare), str(sample)]
        with running(yardstick, bare):
            wrk(ours, BASIC, 1), wrk(bare, BASIC, 1)
            rates = [
                (wrk(ours, BASIC, options.seconds), wrk(bare, BASIC, options.seconds)) for _ in range(options.rounds)
            ]
    ratio = statistics.median(mine / theirs for mine, theirs in rates)
    for mine, theirs in rates:
        print(f"fakeapi {mine:8.0f}/s   bare {theirs:8.0f}/s   ratio {mine / theirs:.2f}")
    print(f"median ratio {ratio:.2f}")
    return 0 if ratio >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
