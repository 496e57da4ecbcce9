"""The command line: flags and environment become Settings, then a verb runs. A fault is one clear line."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import Field
from typing import TYPE_CHECKING, Any, NoReturn

import fakeapi
from fakeapi import settings
from fakeapi.errors import FakeapiError
from fakeapi.settings import Settings

if TYPE_CHECKING:
    from fakeapi.endpoints.checking import Verdict


_RUN_USAGE = "fakeapi run [options] -- COMMAND ..."
_CHECK = (
    "Print every problem of rule files. Exit status: 0 where there are none; 1 where there are, warnings included "
    "(unless --warnings ok); 2 where a path can't be read."
)
_OWN_SCHEMAS = ("rules",)
"""The schemas of our own files."""


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
        return 0
    except OSError as fault:
        if sys.stderr is not None:
            where = f"{fault.filename}: " if fault.filename else ""
            print(f"fakeapi: {where}{fault.strerror or fault}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="fakeapi", description="A fake Messages API server: point your client here instead.")
    parser.add_argument("--version", action="version", version=f"fakeapi {fakeapi.__version__}")
    parser.set_defaults(verb=lambda _: _help(parser))
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_serve(verbs.add_parser("serve", help="start the server", description="Start the server."))
    _add_run(verbs.add_parser("run", help="run a command against a server of its own", usage=_RUN_USAGE))
    _add_validate(verbs.add_parser("validate", help="what the API would say of requests, answers or exchanges"))
    _add_check(verbs.add_parser("check", help="every problem of rule files, with its place and the mend"))
    _add_schema(verbs.add_parser("schema", help="print a schema of the contract, or their names"))
    _add_convert(verbs.add_parser("convert", help="fixtures of aimock or fakellm become rules"))
    health = verbs.add_parser("health", help="ask a running server whether it is well: exit 0 or 1")
    health.add_argument("url", nargs="?", metavar="URL", help="its base URL; default: this machine, FAKEAPI_PORT")
    health.set_defaults(verb=lambda options: _health(options.url or f"http://127.0.0.1:{read_settings(options).port}"))
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0


def _add_serve(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser)
    parser.set_defaults(verb=_serve)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.description = "Start a server on a free port, lead a command there by its environment, tell what came."
    parser.add_argument("--report-json", metavar="FILE", help="write the summary as JSON, too")
    parser.add_argument("--report-junit", metavar="FILE", help="write it as JUnit XML, too")
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="WHAT,...",
        help="exit 1 where the command succeeds, but there are: refused, unmatched, verdicts, warned, unused, bugs",
    )
    _add_settings(parser)
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command and its words")
    parser.set_defaults(verb=_run)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    for setting in settings.each():
        default = settings.default(setting)
        shown = f" [{default}]" if default not in ((), "") else ""
        parser.add_argument(
            settings.flag(setting),
            action="append" if settings.is_repeatable(setting) else "store",
            metavar=setting.metadata["metavar"] or "|".join(setting.metadata["choices"]) or setting.name.upper(),
            help=f"{setting.metadata['help']} ({settings.variable(setting)}){shown}",
            **_switch(setting),
        )


def _switch(setting: Field[Any]) -> dict[str, Any]:
    """`--locked` alone is `--locked on`."""
    return {"nargs": "?", "const": "on"} if setting.metadata["choices"] == settings.ONOFF else {}


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON or JSONL; - is stdin")
    parser.add_argument("--version", metavar="VERSION", help="the anthropic-version [2023-06-01]")
    parser.add_argument("--beta", action="append", default=[], metavar="VALUE", help="a value of anthropic-beta")
    parser.add_argument("--json", action="store_true", help="print one JSON object per document")
    parser.set_defaults(verb=_validate)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = _CHECK
    parser.add_argument("paths", nargs="+", metavar="PATH", help="rule files, or folders of them")
    parser.add_argument("--json", action="store_true", help="print one JSON object per problem")
    parser.add_argument("--warnings", choices=("ok", "fail"), default="fail", help="ok: warnings alone exit 0 [fail]")
    parser.set_defaults(verb=_check)


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="fixture files, or folders of them")
    tools = ("aimock", "fakellm")
    parser.add_argument("--from", dest="format", choices=tools, help="whose they are [by looking at them]")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the rules go [stdout]")
    parser.set_defaults(verb=_convert)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="such as request/message_request; default: all names")
    parser.add_argument("--version", default="2023-06-01", metavar="VERSION", help="the anthropic-version [2023-06-01]")
    parser.set_defaults(verb=_schema)


def _validate(options: argparse.Namespace) -> int:
    from fakeapi.adapters.files import read_documents
    from fakeapi.endpoints.checking import check

    version, refused, unread = _known_version(options.version), 0, 0
    for path in options.files:
        for place, document in read_documents(path):
            if isinstance(document, FakeapiError):
                unread += 1
                print(f"fakeapi: {document}", file=sys.stderr)
                continue
            verdict = check(document, version=version, betas=options.beta)
            refused += not verdict.accepted
            print(_as_json(place, verdict) if options.json else f"{place}: {_as_text(verdict)}")
    return 2 if unread else 1 if refused else 0


def _check(options: argparse.Namespace) -> int:
    import json

    from fakeapi.adapters.rule_files import read_rules

    read = read_rules(options.paths)
    problems = read.loaded.problems
    for problem in problems:
        print(json.dumps(problem._asdict()) if options.json else problem)
    if not read.files:
        raise FakeapiError(f"no rule files (*.yaml, *.yml, *.json) in {', '.join(options.paths)}")
    if not options.json:
        counts = ((len(read.files), "file"), (len(read.loaded.rules), "rule"), (len(problems), "problem"))
        print(", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts))
    return 1 if (read.loaded.errors if options.warnings == "ok" else problems) else 0


def _convert(options: argparse.Namespace) -> int:
    from fakeapi.adapters.converting import convert_files

    return convert_files(options.paths, options.format, options.output)


def _as_text(verdict: Verdict) -> str:
    if verdict.accepted:
        return f"{verdict.kind} accepted"
    status = f"{verdict.status} " if verdict.status else ""
    return f"{verdict.kind} refused: {status}{verdict.type}: {verdict.message}"


def _as_json(place: str, verdict: Verdict) -> str:
    import json

    return json.dumps({"place": place, **verdict._asdict()})


def _schema(options: argparse.Namespace) -> int:
    import json

    from fakeapi.facts import schemas

    if options.name is None:
        print("\n".join([*schemas.names(), *_OWN_SCHEMAS]))
        return 0
    if options.name in _OWN_SCHEMAS:
        print(json.dumps(_own_schema(options.name), indent=2, ensure_ascii=False))
        return 0
    version = _known_version(options.version) or schemas.BASE_VERSION
    try:
        print(json.dumps(schemas.bundled(options.name.removesuffix(".json"), version), indent=2))
    except KeyError:
        raise FakeapiError(f"there is no schema {options.name!r}; `fakeapi schema` lists the names") from None
    return 0


def _own_schema(name: str) -> dict[str, Any]:
    """A schema of our own files, with the match patterns of the plug-ins that are installed."""
    from fakeapi import assets
    from fakeapi.adapters import plugins

    schema: dict[str, Any] = assets.read_json(f"schemas/{name}.json")
    plugins.load()
    for pattern in plugins.PATTERNS:
        schema["$defs"]["conditions"]["properties"][pattern] = {"description": "A pattern of a plug-in."}
    return schema


def _known_version(version: str | None) -> str | None:
    from fakeapi import assets

    known = assets.read_json("fixtures/versions.json")["known"]
    if version is not None and version not in known:
        raise FakeapiError(f"--version: {version!r} is not one of {', '.join(known)}")
    return version


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


def _warn_of_strangers() -> None:
    """Variables that look like settings, and are misspelt."""
    if told := settings.unknown(os.environ):
        print(f"fakeapi: warning: {told}", file=sys.stderr)


def _serve(options: argparse.Namespace) -> int:
    chosen = read_settings(options)
    _warn_of_strangers()
    from fakeapi.adapters import log, server
    from fakeapi.adapters.asgi import App

    write = log.logger(chosen.log)
    app = App(chosen, write, told=log.reporter(chosen.log))
    listener = server.bind(chosen.host, chosen.port)
    log.take_over(chosen.log)
    server.serve(app, listener, lambda: _announce(server.address(listener), chosen))
    return 0


def _run(options: argparse.Namespace) -> int:
    from fakeapi.adapters import run

    wishes = run.Wishes(options.report_json, options.report_junit, run.parse_fail_on(options.fail_on))
    given = run.given_names(vars(options), os.environ)
    chosen = run.for_a_run(read_settings(options), given)
    _warn_of_strangers()
    try:
        return run.run(options.command, chosen, wishes, logged="log" in given)
    except run.MissingCommandError as fault:
        print(f"fakeapi: run: {fault}", file=sys.stderr)
        return fault.status


def _announce(url: str, chosen: Settings) -> None:
    """A key that the user gave is not printed: output ends up in the logs of CI."""
    key = (
        "# export ANTHROPIC_API_KEY=<one of your --api-key>"
        if chosen.api_key
        else "export ANTHROPIC_API_KEY=sk-ant-fake"
    )
    banner = (
        f"fakeapi {fakeapi.__version__} answers on {url}  (Ctrl-C stops it)\n\nexport ANTHROPIC_BASE_URL={url}\n{key}\n"
    )
    with contextlib.suppress(OSError, AttributeError):
        sys.stdout.write(banner)
        sys.stdout.flush()


def _health(url: str) -> int:
    import json
    from urllib.error import URLError
    from urllib.request import ProxyHandler, build_opener

    url = url if "://" in url else f"http://{url}"
    try:
        with build_opener(ProxyHandler({})).open(f"{url.rstrip('/')}/_fakeapi/health", timeout=3) as answer:
            well = json.load(answer).get("status") == "ok"
    except (URLError, OSError, ValueError, AttributeError) as fault:
        reason = getattr(fault, "reason", fault)
        print(f"fakeapi: no healthy server at {url}: {getattr(reason, 'strerror', None) or reason}", file=sys.stderr)
        return 1
    print("ok" if well else "not ok")
    return 0 if well else 1
