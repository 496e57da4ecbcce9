"""The command line: flags and environment become Settings, then a verb runs. Faults are one clear line, never a traceback."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import fakeapi
from fakeapi import settings
from fakeapi.errors import FakeapiError
from fakeapi.settings import Settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise FakeapiError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    try:
        options = _parser().parse_args(arguments)
        return int(options.verb(options))
    except FakeapiError as fault:
        print(f"fakeapi: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="fakeapi", description="A fake Messages API server: point your client here instead.")
    parser.add_argument("--version", action="version", version=f"fakeapi {fakeapi.__version__}")
    parser.set_defaults(verb=lambda options: _help(parser))
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_serve(verbs.add_parser("serve", help="start the server", description="Start the server."))
    health = verbs.add_parser("health", help="ask a running server whether it is well: exit 0 or 1")
    health.add_argument("url", nargs="?", metavar="URL", help="its base URL; default: this machine, FAKEAPI_PORT")
    health.set_defaults(verb=lambda options: _health(options.url or f"http://127.0.0.1:{read_settings(options).port}"))
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0


def _add_serve(parser: argparse.ArgumentParser) -> None:
    for setting in settings.each():
        default = settings.default(setting)
        shown = f" [{default}]" if default not in ((), "") else ""
        parser.add_argument(
            settings.flag(setting),
            action="append" if settings.is_repeatable(setting) else "store",
            metavar=setting.metadata["metavar"] or "|".join(setting.metadata["choices"]) or setting.name.upper(),
            help=f"{setting.metadata['help']} ({settings.variable(setting)}){shown}",
        )
    parser.set_defaults(verb=_serve)


def read_settings(options: argparse.Namespace) -> Settings:
    """Flags over environment over defaults; FakeapiError for a value that does not fit."""
    found: dict[str, Any] = settings.from_environment(os.environ)
    for setting in settings.each():
        given = getattr(options, setting.name, None)
        if given is None:
            continue
        texts = given if isinstance(given, list) else [given]
        values = tuple(settings.parse(setting, text, settings.flag(setting)) for text in texts)
        found[setting.name] = values if settings.is_repeatable(setting) else values[0]
    return Settings(**found)


def _serve(options: argparse.Namespace) -> int:
    chosen = read_settings(options)
    from fakeapi.adapters import log, server
    from fakeapi.adapters.asgi import App

    listener = server.bind(chosen.host, chosen.port)
    app = App(chosen, log.logger(chosen.log))
    server.serve(app, listener, lambda: _announce(server.address(listener), chosen))
    return 0


def _announce(url: str, chosen: Settings) -> None:
    """A key that the user gave is not printed: output ends up in the logs of CI."""
    key = (
        "# export ANTHROPIC_API_KEY=<one of your --api-key>"
        if chosen.api_key
        else "export ANTHROPIC_API_KEY=sk-ant-fake"
    )
    print(f"fakeapi {fakeapi.__version__} answers on {url}  (Ctrl-C stops it)\n")
    print(f"export ANTHROPIC_BASE_URL={url}\n{key}", flush=True)


def _health(url: str) -> int:
    import json
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{url.rstrip('/')}/_fakeapi/health", timeout=3) as answer:
            well = json.load(answer).get("status") == "ok"
    except (URLError, OSError, ValueError, AttributeError) as fault:
        print(f"fakeapi: no healthy server at {url}: {getattr(fault, 'reason', fault)}", file=sys.stderr)
        return 1
    print("ok" if well else "not ok")
    return 0 if well else 1
