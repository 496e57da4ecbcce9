"""Which entries of the journal somebody wants to see, as a query string says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fakeapi.errors import FakeapiError
from fakeapi.memory.entries import OPEN, Entry

OUTCOMES = (OPEN, "completed", "cut", "client left")
_YES_OR_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_HUNDREDS = ("1xx", "2xx", "3xx", "4xx", "5xx")


class Filter(NamedTuple):
    """What an entry has to be; None where it doesn't matter.

    Attributes:
        method, model, rule, caller, outcome: exactly this.
        path: how the path ends, so that `/v1/messages` finds those of any session and prefix.
        status: a number as text, a hundred (`4xx`), or `error` for 400 and above.
        text: stands in the body of the request or of the answer.
        matched: whether a rule answered. unmatched: whether none did where one was needed. warned: whether there are
            warnings.
    """

    method: str | None = None
    path: str | None = None
    status: str | None = None
    outcome: str | None = None
    model: str | None = None
    rule: str | None = None
    caller: str | None = None
    text: str | None = None
    matched: bool | None = None
    unmatched: bool | None = None
    warned: bool | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is all of this."""
        return all(
            _TESTS[name](entry, wanted) for name, wanted in zip(self._fields, self, strict=True) if wanted is not None
        )


def parse(query: Mapping[str, str]) -> Filter:
    """The filter that parameters ask for; FakeapiError for one that is unknown or can't be read."""
    unknown = sorted(query.keys() - set(Filter._fields))
    if unknown:
        raise FakeapiError(f"journal: {unknown[0]!r} is no filter; there are {', '.join(Filter._fields)}")
    wanted: dict[str, Any] = {name: _READERS.get(name, _text)(name, value) for name, value in query.items()}
    return Filter(**wanted)


def _text(name: str, value: str) -> str:
    return value


def _yes_or_no(name: str, value: str) -> bool:
    if value.lower() not in _YES_OR_NO:
        raise FakeapiError(f"journal: {name} is true or false, not {value!r}")
    return _YES_OR_NO[value.lower()]


def _status(name: str, value: str) -> str:
    if value.lower() in (*_HUNDREDS, "error") or (value.isdecimal() and 100 <= int(value) <= 599):
        return value.lower()
    raise FakeapiError(f"journal: status is a number such as 429, a hundred such as 4xx, or error, not {value!r}")


def _outcome(name: str, value: str) -> str:
    if value not in OUTCOMES:
        raise FakeapiError(f"journal: outcome is one of {', '.join(OUTCOMES)}, not {value!r}")
    return value


def _has_status(entry: Entry, wanted: str) -> bool:
    if wanted == "error":
        return entry.status >= 400
    return entry.status // 100 == int(wanted[0]) if wanted.endswith("xx") else entry.status == int(wanted)


def _has_text(entry: Entry, wanted: str) -> bool:
    sought = wanted.encode("utf-8", "surrogatepass")
    return sought in entry.body.data or sought in entry.answer


_READERS: dict[str, Callable[[str, str], object]] = {
    "status": _status,
    "outcome": _outcome,
    **dict.fromkeys(("matched", "unmatched", "warned"), _yes_or_no),
}
_TESTS: dict[str, Callable[[Entry, object], bool]] = {
    "method": lambda entry, wanted: entry.method == str(wanted).upper(),
    "path": lambda entry, wanted: entry.path.endswith(str(wanted)),
    "status": lambda entry, wanted: _has_status(entry, str(wanted)),
    "outcome": lambda entry, wanted: entry.outcome == wanted,
    "model": lambda entry, wanted: bool(entry.exchange) and entry.model == wanted,
    "rule": lambda entry, wanted: entry.rule == wanted,
    "caller": lambda entry, wanted: entry.caller == wanted,
    "text": lambda entry, wanted: _has_text(entry, str(wanted)),
    "matched": lambda entry, wanted: bool(entry.rule) == wanted,
    "unmatched": lambda entry, wanted: (entry.diagnosis is not None) == wanted,
    "warned": lambda entry, wanted: bool(entry.warning) == wanted,
}
