"""fakeapi: a fake Messages API server that answers, refuses, stops and counts as the real one does.

The public names are looked up when they are first used, since every test run imports this package.
"""

TYPE_CHECKING = False
"""Type checkers know the name; `typing` itself would take longer to import than all the rest."""

if TYPE_CHECKING:
    from fakeapi import plugin, transport
    from fakeapi.adapters.asgi import App
    from fakeapi.adapters.tester.server import Server, connect, in_process
    from fakeapi.endpoints.checking import Verdict, check, schema
    from fakeapi.errors import ApiError, FakeapiError
    from fakeapi.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "ApiError",
    "App",
    "FakeapiError",
    "Server",
    "Settings",
    "Verdict",
    "__version__",
    "check",
    "connect",
    "in_process",
    "plugin",
    "schema",
    "transport",
]

_HOMES = {
    "ApiError": "fakeapi.errors",
    "App": "fakeapi.adapters.asgi",
    "FakeapiError": "fakeapi.errors",
    "Server": "fakeapi.adapters.tester.server",
    "Settings": "fakeapi.settings",
    "Verdict": "fakeapi.endpoints.checking",
    "check": "fakeapi.endpoints.checking",
    "connect": "fakeapi.adapters.tester.server",
    "in_process": "fakeapi.adapters.tester.server",
    "plugin": "fakeapi.plugin",
    "schema": "fakeapi.endpoints.checking",
    "transport": "fakeapi.transport",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        home = import_module(_HOMES[name])
        globals()[name] = found = home if home.__name__ == f"{__name__}.{name}" else getattr(home, name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
