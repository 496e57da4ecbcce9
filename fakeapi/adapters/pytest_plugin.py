"""The pytest plugin: the fixture `fakeapi`, its marker and options (docs/pytest.md).

Every pytest run imports this module, also one that has no use for it: so nothing but pytest is imported before a test
asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakeapi.adapters.porter import Porter
    from fakeapi.adapters.pytest_plugin_desk import CheckedTester, Place
    from fakeapi.adapters.tester.server import Server
    from fakeapi.settings import Settings

_MARKER = "fakeapi"
_TESTERS = pytest.StashKey[list["CheckedTester"]]()
_UNBLOCK = pytest.StashKey[Any]()
_EXCUSED = pytest.StashKey[bool]()

_SETTINGS = {
    "contract": "what becomes of a request that the real API would refuse: strict, warn, shape or off [strict]",
    "seed": "same seed, same requests: same answers [0]",
    "pace": "how fast answers come: instant, each, human, or tokens_per_second=40,ttft=0.4 [instant]",
    "unmatched": "what a request gets that no rule matches: error or default "
    "[error, from the first rule on that says what to answer]",
    "models": "which models answer: all or current [all]",
    "tools": "when a free choice calls a tool: auto, never or each-once [auto]",
    "limits": "rate limits: off, tier1 to tier4, or requests=50/min,input=30000/min [off]",
    "clock": "real, or virtual: time passes only in waits and by fakeapi.clock [real]",
}
_SWITCHES = {
    "required": "every rule of a test has to answer, or the test fails",
    "allow_refused": "tests don't fail where requests are refused",
    "in_process": "the fixture fakeapi needs no socket; clients are made by fakeapi.client()",
    "block_network": "as --fakeapi-block-network",
}


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """The options, each with the prefix `fakeapi`."""
    _spare_rewriting(pluginmanager)
    group = parser.getgroup("fakeapi", "fakeapi: a fake Messages API server")
    group.addoption(
        "--fakeapi-block-network", action="store_true", help="let every connection beyond this machine fail"
    )
    parser.addini("fakeapi_rules", "rule files, or folders of them, for all tests", type="paths", default=[])
    parser.addini(
        "fakeapi_verdicts", "verdicts on the client that fail a test: resilience ...", type="args", default=[]
    )
    for name, text in _SETTINGS.items():
        parser.addini(f"fakeapi_{name}", text, default="")
    for name, text in _SWITCHES.items():
        parser.addini(f"fakeapi_{name}", text, type="bool", default=False)


def _spare_rewriting(pluginmanager: pytest.PytestPluginManager) -> None:
    """Keep pytest from rewriting the assertions of all our modules, as it does for every package with a plugin.

    There are none to explain, and where compiled files can't be kept, it would take a second in each run.
    """
    marked = getattr(getattr(pluginmanager, "rewrite_hook", None), "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard(__name__.partition(".")[0])


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, look at the options, and shut the network where that is asked for."""
    config.addinivalue_line(
        "markers",
        "fakeapi(rules=None, *, contract, seed, pace, unmatched, required, allow_refused, verdicts, in_process): "
        "how the session of this test behaves; it has the fixture fakeapi by that (docs/pytest.md)",
    )
    if any(config.getini(f"fakeapi_{name}") for name in _SETTINGS):
        _check_ini(config)
    if _is_blocking(config):
        from fakeapi.adapters import pytest_plugin_network

        config.stash[_UNBLOCK] = pytest_plugin_network.block()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Open the network again."""
    if (unblock := config.stash.get(_UNBLOCK, None)) is not None:
        unblock()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that the network is shut."""
    return "fakeapi: connections beyond this machine are blocked" if _is_blocking(config) else None


def _is_blocking(config: pytest.Config) -> bool:
    return bool(config.getoption("--fakeapi-block-network") or config.getini("fakeapi_block_network"))


def _check_ini(config: pytest.Config) -> None:
    from fakeapi.adapters import pytest_plugin_wishes
    from fakeapi.errors import FakeapiError

    try:
        pytest_plugin_wishes.from_ini(config)
    except FakeapiError as fault:
        raise pytest.UsageError(str(fault)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test with the marker has the fixture, whether it names it or not."""
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is not None and item.get_closest_marker(_MARKER) and not {_MARKER, "fakeapi_in_process"} & {*names}:
            names.insert(0, _MARKER)


@pytest.fixture(scope="session")
def fakeapi_options() -> dict[str, Any]:
    """Settings of the run's server, for a conftest.py to override: {"model_file": ["models.json"], "batch_time": 0}."""
    return {}


@pytest.fixture(scope="session")
def _fakeapi_settings(request: pytest.FixtureRequest, fakeapi_options: dict[str, Any]) -> Settings:
    """The ini options, and over them those of the fixture."""
    from fakeapi.adapters import pytest_plugin_wishes

    with _told_in_a_line():
        return pytest_plugin_wishes.server_settings(request.config, fakeapi_options)


@pytest.fixture(scope="session")
def fakeapi_server(_fakeapi_settings: Settings) -> Iterator[Server]:
    """The server of the run, or of the xdist worker, on a free port of this machine; each test has a session of it."""
    from fakeapi.adapters.tester.server import Server

    with _told_in_a_line():
        server = Server(settings=_fakeapi_settings).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _fakeapi_porter(_fakeapi_settings: Settings) -> Iterator[Porter]:
    """What answers in this process, without a socket; each session has a virtual clock."""
    from fakeapi.adapters.clock import VirtualClock
    from fakeapi.adapters.porter import Porter

    with _told_in_a_line():
        porter = Porter(_fakeapi_settings, clock=VirtualClock)
    yield porter
    porter.stop()


@pytest.fixture(name=_MARKER)
def _fakeapi(request: pytest.FixtureRequest) -> Iterator[CheckedTester]:
    """A fake Messages API for this test alone: rules, what came, assertions; ANTHROPIC_BASE_URL leads to it."""
    yield from _serving(request, in_process=None)


@pytest.fixture
def fakeapi_in_process(request: pytest.FixtureRequest) -> Iterator[CheckedTester]:
    """The same without a socket, on a virtual clock: clients are made by .client() and .async_client()."""
    yield from _serving(request, in_process=True)


def _serving(request: pytest.FixtureRequest, in_process: bool | None) -> Iterator[CheckedTester]:
    from fakeapi.adapters import pytest_plugin_desk, pytest_plugin_wishes
    from fakeapi.adapters.porter import OWN

    item: pytest.Item = request.node
    settings: Settings = request.getfixturevalue("_fakeapi_settings")
    with _told_in_a_line():
        wishes = pytest_plugin_wishes.of(item, request.getfixturevalue("fakeapi_options"), OWN)
    place = _place(request, wishes.in_process if in_process is None else in_process)
    with _told_in_a_line():
        tester = pytest_plugin_desk.CheckedTester(place, wishes)
    item.stash.setdefault(_TESTERS, []).append(tester)
    with pytest.MonkeyPatch.context() as patch:
        _set_environment(patch, tester.url, settings.api_key)
        yield tester
    try:
        if not item.stash.get(_EXCUSED, False):
            _hold_to_account(tester)
    finally:
        tester.close()


def _place(request: pytest.FixtureRequest, in_process: bool) -> Place:
    from fakeapi.adapters import pytest_plugin_desk

    if in_process:
        return pytest_plugin_desk.in_process(request.getfixturevalue("_fakeapi_porter"), request.node.name)
    server: Server = request.getfixturevalue("fakeapi_server")
    return pytest_plugin_desk.on_socket(server, request.node.name)


def _set_environment(patch: pytest.MonkeyPatch, url: str, keys: tuple[str, ...]) -> None:
    import os

    from fakeapi.adapters import environment

    for name, value in environment.variables(url, next(iter(keys), environment.KEY), os.environ).items():
        if value is None:
            patch.delenv(name, raising=False)
        else:
            patch.setenv(name, value)


@contextmanager
def _told_in_a_line() -> Iterator[None]:
    """A fault of rules or settings fails the test with its own words, and no traceback of ours."""
    from fakeapi.errors import FakeapiError

    try:
        yield
    except FakeapiError as fault:
        raise pytest.fail.Exception(f"fakeapi: {fault}", pytrace=False) from None


def _hold_to_account(tester: CheckedTester) -> None:
    if wrong := tester.account():
        raise pytest.fail.Exception(f"fakeapi: {wrong}", pytrace=False)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test that passes still fails where its client or its rules went wrong."""
    try:
        result = yield
        if getattr(item, "_excinfo", None):
            item.stash[_EXCUSED] = True
            return result
        for tester in item.stash.get(_TESTERS, ()):
            _hold_to_account(tester)
    except BaseException:
        item.stash[_EXCUSED] = True
        raise
    return result


def _tell_of_blocked(report: pytest.TestReport) -> None:
    """What a test that failed tried to reach."""
    from fakeapi.adapters.pytest_plugin_network import attempts

    if report.failed and attempts:
        report.sections.append(("fakeapi: blocked connections", "\n".join(attempts)))
    if report.when == "teardown":
        attempts.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what was asked and answered."""
    report = yield
    testers = item.stash.get(_TESTERS, ())
    if report.failed:
        report.sections += [tester.story() for tester in testers]
    if _UNBLOCK in item.config.stash:
        _tell_of_blocked(report)
    if testers and call.when == "teardown":
        del item.stash[_TESTERS]
        item.stash[_EXCUSED] = False
    return report
