"""Start to first answer, and resident memory after many requests.

`python benchmarks/footprint.py [--requests 100000]`; needs wrk.
"""

from __future__ import annotations

import argparse
import statistics
import time

from servers import BASIC, fakeapi_command, free_port, post, resident_megabytes, running, wrk


def seconds_to_first_answer() -> float:
    """From starting the process to the first whole answer."""
    port = free_port()
    begun = time.perf_counter()
    with running(fakeapi_command(port), port):
        status, _, _ = post(port, BASIC)
        taken = time.perf_counter() - begun
        if status != 200:
            raise SystemExit(f"the basic request was answered {status}")
    return taken


def memory(requests: int) -> None:
    """Print resident memory as the requests go by."""
    port = free_port()
    with running(fakeapi_command(port), port) as process:
        post(port, BASIC)
        print(f"memory after the first request: {resident_megabytes(process):.1f} MB")
        served = 0
        while served < requests:
            begun = time.perf_counter()
            rate = wrk(port, BASIC, 1)
            served += int(rate * (time.perf_counter() - begun))
            print(f"memory after {served:7d} requests: {resident_megabytes(process):.1f} MB")


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=100_000)
    options = parser.parse_args()
    starts = [seconds_to_first_answer() for _ in range(7)]
    print(f"start to first answer: median {statistics.median(starts):.3f} s, slowest {max(starts):.3f} s")
    memory(options.requests)


if __name__ == "__main__":
    main()
