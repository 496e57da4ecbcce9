"""The pytest plugin: with the network shut, this machine alone is reached."""

from __future__ import annotations

import socket

from tests.adapters import suites

pytest_plugins = ["pytester"]
suite = suites.suite


BLOCKED = """
SOMEWHERE = "203.0.113.7"

def test_fixture(fakeapi):
    assert ask() == "Hello!"

def test_the_real_api():
    real = anthropic.Anthropic(api_key="k", max_retries=0)
    with pytest.raises(anthropic.APIConnectionError) as caught, real as client:
        client.messages.create(**BASIC, **said("Hello"))
    causes, fault = [], caught.value
    while fault is not None:
        causes.append(str(fault))
        fault = fault.__cause__ or fault.__context__
    assert any("a connection to api.anthropic.com:443 was blocked" in cause for cause in causes)

@pytest.mark.parametrize("connect", [
    lambda: socket.create_connection((SOMEWHERE, 443), timeout=1),
    lambda: socket.create_connection(("example.com", 443), timeout=1),
    lambda: socket.getaddrinfo("example.com", 443),
    lambda: socket.gethostbyname("example.com"),
    lambda: socket.socket().connect_ex((SOMEWHERE, 443)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", (SOMEWHERE, 53)),
    lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 443)),
])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_sockets(connect):
    with pytest.raises(OSError, match="was blocked, since --fakeapi-block-network"):
        connect()

async def open_connection(host):
    await asyncio.open_connection(host, 443)

@pytest.mark.parametrize("host", [SOMEWHERE, "example.com"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_loops(host, loop):
    import uvloop
    factory = asyncio.new_event_loop if loop == "asyncio" else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner, pytest.raises(OSError, match=f"connection to {host}:443 was"):
        runner.run(open_connection(host))

def test_trio():
    import trio
    with pytest.raises(OSError, match="was blocked"):
        trio.run(trio.open_tcp_stream, "example.com", 443)

@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8", "::ffff:127.0.0.1", "0.0.0.0"])
def test_this_machine(host):
    assert socket.getaddrinfo(host, 80)

def test_unix_sockets():
    with socket.socket(socket.AF_UNIX) as one, pytest.raises(FileNotFoundError):
        one.connect("/tmp/there-is-no-such-socket")
"""


def test_a_blocked_network_lets_this_machine_through_alone(suite):
    before = socket.socket.connect
    result = suite(BLOCKED, "--fakeapi-block-network")
    result.assert_outcomes(passed=21)
    result.stdout.fnmatch_lines(["fakeapi: connections beyond this machine are blocked"])
    assert socket.socket.connect is before


def test_the_network_can_be_blocked_by_the_ini_file_and_a_failing_test_says_what_was(suite):
    result = suite(
        """
def test_a():
    with pytest.raises(OSError):
        socket.create_connection(("203.0.113.7", 443), timeout=1)
    assert False

def test_b():
    assert False
""",
        ini="fakeapi_block_network = true\n",
    )
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("fakeapi: blocked connections") == 1
    result.stdout.fnmatch_lines(["203.0.113.7:443"])
