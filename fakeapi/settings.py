"""Every setting, once: its default, its flag, its environment variable and its help text.

A field `api_key` is the flag `--api-key` and the variable `FAKEAPI_API_KEY` (several values: separated by commas).
The environment itself is read in the command line and the adapters, never here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from fakeapi.errors import FakeapiError

LOG_STYLES = ("quiet", "line", "json")
ONOFF = ("on", "off")
TOOLS = ("auto", "never", "each-once")
CONTRACTS = ("strict", "warn", "shape", "off")
CLOCKS = ("real", "virtual")
UNMATCHED = ("default", "error")
SESSIONS = ("by-path", "by-key")
_PREFIX = "FAKEAPI_"
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]{1,5})?")
_LINK = re.compile(r"FAKEAPI_(SERVICE_(HOST|PORT\w*)|PORT_\d+_\w+)")


def _setting(default: Any, help: str, *, choices: tuple[str, ...] = (), metavar: str | None = None) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices, "metavar": metavar})


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server behaves. Source of each default: docs/settings.md."""

    host: str = _setting("127.0.0.1", "address to bind; 0.0.0.0 opens the server to the network")
    port: int = _setting(4010, "port to bind; 0 takes a free one and prints it", metavar="N")
    seed: int = _setting(0, "same seed, same requests: same answers", metavar="N")
    api_key: tuple[str, ...] = _setting(
        (), "accept this key only (repeat for several); without it any non-empty key is good", metavar="KEY"
    )
    contract: str = _setting("strict", "what becomes of a request that the real API would refuse", choices=CONTRACTS)
    models: str = _setting("all", "which models answer: all, or current ones only", choices=("all", "current"))
    model_file: tuple[str, ...] = _setting((), "JSON file of models of your own (repeat for several)", metavar="FILE")
    media: tuple[str, ...] = _setting(
        (), "a local file that stands for the picture or PDF behind a url, for its size (repeat)", metavar="URL=FILE"
    )
    tools: str = _setting(
        "auto", "when a free choice calls a tool: as a model would, never, or each once", choices=TOOLS
    )
    rules: tuple[str, ...] = _setting(
        (), "rule file, or folder of rule files (repeat for several); reloaded when saved", metavar="PATH"
    )
    unmatched: str = _setting(
        "default", "what a request gets that no rule matches, where there are rules", choices=UNMATCHED
    )
    clock: str = _setting("real", "virtual: time passes only in waits and by /_fakeapi/clock", choices=CLOCKS)
    limits: str = _setting(
        "off", "rate limits: off, tier1 to tier4, or requests=50/min,input=30000/min,output=8000/min", metavar="LIMITS"
    )
    service_tier: str = _setting(
        "standard", "the service tier of requests that leave it to the API", choices=("standard", "priority")
    )
    pace: str = _setting("instant", "instant, each, human, or tokens_per_second=40,ttft=0.4,jitter=0.1", metavar="PACE")
    padding: str = _setting("on", "the spaces that the real API puts before the last brace of events", choices=ONOFF)
    locked: str = _setting("off", "on: no request may ask for a fault or a pace", choices=ONOFF)
    sessions: str = _setting("by-path", "by-key: each key has a session of its own", choices=SESSIONS)
    session_ttl: int = _setting(3600, "seconds after which an unused session is forgotten", metavar="SECONDS")
    session_count: int = _setting(10_000, "how many sessions are kept at most", metavar="N")
    cache_entries: int = _setting(100_000, "how many prompt-cache entries are kept at most", metavar="N")
    thread_ttl: int = _setting(300, "seconds for which a held thread can be continued", metavar="SECONDS")
    thread_entries: int = _setting(10_000, "how many threads are held at most", metavar="N")
    thread_mb: int = _setting(256, "how many megabytes the held threads may weigh", metavar="MB")
    batch_time: int = _setting(1, "seconds that a batch takes on the session's clock", metavar="SECONDS")
    batch_mb: int = _setting(512, "how many megabytes the items and results of batches may weigh", metavar="MB")
    file_mb: int = _setting(2_000, "how many megabytes uploaded files may weigh", metavar="MB")
    journal_entries: int = _setting(10_000, "how many exchanges the journal keeps at most; 0: none", metavar="N")
    journal_mb: int = _setting(64, "how many megabytes the journal may weigh", metavar="MB")
    admin_host: tuple[str, ...] = _setting(
        (), "another name under which /_fakeapi/ may be reached, beside loopback (repeat)", metavar="NAME"
    )
    log: str = _setting("line", "what is written to stderr for each request", choices=LOG_STYLES)


def each() -> Iterator[Field[Any]]:
    """The settings, in the order in which help and documentation show them."""
    return iter(fields(Settings))


def flag(setting: Field[Any]) -> str:
    """The command-line flag of a setting: `--api-key`."""
    return "--" + setting.name.replace("_", "-")


def variable(setting: Field[Any]) -> str:
    """The environment variable of a setting: `FAKEAPI_API_KEY`."""
    return _PREFIX + setting.name.upper()


def is_repeatable(setting: Field[Any]) -> bool:
    """Whether a setting takes several values."""
    return isinstance(setting.default, tuple)


def parse(setting: Field[Any], text: str, source: str) -> Any:
    """The value that a text stands for; FakeapiError naming `source` where it stands for none."""
    if not text.strip():
        raise FakeapiError(f"{source}: may not be empty")
    if setting.name == "admin_host" and not _HOST.fullmatch(text.strip()):
        raise FakeapiError(f"{source}: {text!r} is no name of a host; write the name alone, such as fakeapi")
    if isinstance(setting.default, int):
        return _whole_number(setting, text, source)
    choices = setting.metadata["choices"]
    if choices and text not in choices:
        raise FakeapiError(f"{source}: {text!r} is not one of {', '.join(choices)}")
    return text


def _whole_number(setting: Field[Any], text: str, source: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise FakeapiError(f"{source}: {text!r} is not a whole number") from None
    if setting.name == "port" and not 0 <= number <= 65535:
        raise FakeapiError(f"{source}: {number} is not a port (0 to 65535)")
    if number < 0 and setting.name != "seed":
        raise FakeapiError(f"{source}: {number} is less than 0")
    return number


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the environment names; FakeapiError for a value that does not fit."""
    found: dict[str, Any] = {}
    for setting in each():
        text = environment.get(variable(setting))
        if text is None or text == "":
            continue
        source = variable(setting)
        if is_repeatable(setting):
            found[setting.name] = tuple(
                parse(setting, part.strip(), source) for part in text.split(",") if part.strip()
            )
        else:
            found[setting.name] = parse(setting, text, source)
    return found


def unknown(environment: Mapping[str, str]) -> str:
    """One line on the variables that look like settings and are none, each with the nearest that is; "" where all are.

    What Kubernetes sets beside a service that is called fakeapi is nobody's mistake.
    """
    known = [variable(setting) for setting in each()]
    strange = [name for name in environment if name.upper().startswith(_PREFIX) and name not in known]
    told = [f"{name}{_nearest(name, known)}" for name in sorted(strange) if not _LINK.fullmatch(name)]
    return f"without effect, since there are no such settings: {', '.join(told)}" if told else ""


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    ends = [each.removeprefix(_PREFIX) for each in known]
    near = get_close_matches(name[len(_PREFIX) :].upper(), ends, 1, 0.6)
    return f" (did you mean {_PREFIX}{near[0]}?)" if near else ""


def default(setting: Field[Any]) -> Any:
    """The default of a setting."""
    assert setting.default is not MISSING
    return setting.default
