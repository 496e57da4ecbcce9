"""The memory of a server that receives a large file, and how long it takes.

`python benchmarks/uploads.py [--megabytes 200]`
"""

from __future__ import annotations

import argparse
import http.client
import json
import time
from collections.abc import Iterator

from servers import BASIC, HEADERS, fakeapi_command, free_port, post, resident_megabytes, running

BOUNDARY = "uploads"
PIECE = b"0123456789abcdef" * 4096


def body(megabytes: int) -> Iterator[bytes]:
    """A multipart body with a file of this size, in pieces, so that the client holds none of it."""
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    for _ in range(megabytes * 1_000_000 // len(PIECE)):
        yield PIECE
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(port: int, megabytes: int) -> int:
    """Send the file; how large the server says that it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {**HEADERS, "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection.request("POST", "/v1/files", body(megabytes), headers, encode_chunked=True)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    if answer.status != 200:
        raise SystemExit(f"the upload was answered {answer.status}: {told}")
    return int(told["size_bytes"])


def main() -> None:
    """Print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    port = free_port()
    with running(fakeapi_command(port), port) as process:
        post(port, BASIC)
        print(f"memory before: {resident_megabytes(process):.1f} MB")
        begun = time.perf_counter()
        size = upload(port, options.megabytes)
        taken = time.perf_counter() - begun
        print(f"{size / 1e6:.0f} MB uploaded in {taken:.2f} s; memory after: {resident_megabytes(process):.1f} MB")
        print(f"peak memory: {peak_megabytes(process.pid):.1f} MB")


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has had so far (Linux)."""
    with open(f"/proc/{pid}/status") as status:
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 1e6


if __name__ == "__main__":
    main()
