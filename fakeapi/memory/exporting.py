"""An entry as JSON, for the admin API and for files: one object with members that stay (docs/journal.md).

Whatever leaves here is looked through for secrets once more, since an answer's parts may have joined to one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from fakeapi import assets
from fakeapi.facts import conversation
from fakeapi.memory import redaction, streams
from fakeapi.memory.entries import Entry
from fakeapi.memory.journal import Journal, Page
from fakeapi.memory.secrets import mask
from fakeapi.model import Json, Rule

_LONGEST_TEXT = 300


def as_json(entry: Entry) -> Json:
    """All that is known of an entry."""
    exchange = entry.exchange
    shown = {
        **_summary(entry),
        "query": entry.query,
        "request_id": exchange.request_id if exchange else None,
        "request": _request(entry),
        "answer": _answer(entry) if exchange or entry.pieces else None,
        "usage": exchange.usage if exchange else None,
        "sentence": (exchange.sentence or None) if exchange else None,
        "hint": (exchange.hint or None) if exchange else None,
        "diagnosis": entry.diagnosis,
    }
    return dict(redaction.clean_json(shown))


def as_row(entry: Entry) -> Json:
    """An entry in short, for lists."""
    return dict(redaction.clean_json(_summary(entry)))


def page_as_json(page: Page, *, full: bool = False) -> Json:
    """A page of the journal; its entries in short, or `full`."""
    return {
        "entries": [as_json(entry) if full else as_row(entry) for entry in page.entries],
        "next": page.following,
        "previous": page.preceding,
        "forgotten": page.forgotten,
    }


def as_lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The entries as JSONL: each a line, all that is known of it."""
    for entry in entries:
        yield orjson.dumps(as_json(entry), option=orjson.OPT_APPEND_NEWLINE)


def unmatched_as_json(entries: Iterable[Entry]) -> Json:
    """The requests that needed a rule and had none, each with the rules that came nearest."""
    rows = [
        {**_summary(entry), "asked": asked(entry), "diagnosis": entry.diagnosis}
        for entry in entries
        if entry.diagnosis is not None
    ]
    return {"unmatched": redaction.clean_json(rows)}


def unused_as_json(rules: Iterable[Rule], used: Callable[[str], int | None]) -> Json:
    """The rules that never answered; `used` says how often one of that name did."""
    return {
        "unused": [
            {"name": rule.name, "place": rule.place, "required": rule.required, "rule": rule.written}
            for rule in rules
            if not used(rule.name)
        ]
    }


def weight_as_json(journal: Journal, session: str | None = None) -> Json:
    """How full the journal is."""
    entries, size = journal.weight
    return {"entries": entries, "bytes": size, "last": journal.last, "forgotten": journal.forgotten(session)}


def asked(entry: Entry) -> str:
    """The last thing that the user of a request said, in one line, cut, without what agents put in to remind the model;
    "" where there is none."""
    body = entry.request
    try:
        text = conversation.last_user_text(body)
        said = " ".join((_reminders().sub(" ", text).strip() or text if "<" in text else text).split())
    except (AttributeError, KeyError, TypeError):
        return ""
    return said if len(said) <= _LONGEST_TEXT else said[: _LONGEST_TEXT - 1] + "…"


@cache
def _reminders() -> re.Pattern[str]:
    return re.compile(assets.read_json("fixtures/replies/asking.json")["reminders"], re.DOTALL)


def moment(seconds: float) -> str:
    """Unix time in seconds as RFC 3339; the number as it is where no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _summary(entry: Entry) -> Json:
    exchange = entry.exchange
    return {
        "number": entry.number,
        "session": entry.session,
        "caller": entry.caller or None,
        "attempt": entry.attempt,
        "time": moment(entry.opened),
        "opened": entry.opened,
        "seconds": None if entry.seconds is None else round(entry.seconds, 6),
        "method": entry.method,
        "path": entry.path,
        "status": exchange.status if exchange else None,
        "outcome": entry.outcome,
        "model": entry.model or None,
        "rule": entry.rule or None,
        "source": (exchange.source or None) if exchange else None,
        "input_tokens": _counted(entry, "input_tokens"),
        "output_tokens": _counted(entry, "output_tokens"),
        "cost_usd": exchange.cost if exchange else None,
        "warnings": entry.warning.split("; ") if entry.warning else [],
    }


def _counted(entry: Entry, name: str) -> Any:
    usage = entry.exchange.usage if entry.exchange else None
    return usage.get(name) if usage else None


def _request(entry: Entry) -> Json:
    """The request: its JSON, or its text where it is none that can be shown."""
    body = entry.request
    return {
        "headers": dict(entry.headers),
        "body": body,
        "text": None if body is not None or not entry.body.data else _readable(entry.body.data),
        "bytes": entry.body.size,
        "cut": entry.body.cut,
    }


def _answer(entry: Entry) -> Json:
    """The answer: the message or the error that it is, its text where it is neither, and when each part went out."""
    whole = entry.answer
    message, error = entry.message(), entry.error()
    plain = None if message or error or not whole else _readable(_without_secrets(entry, whole))
    return {
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in entry.lines],
        "streamed": entry.streamed,
        "message": message,
        "error": error,
        "text": plain,
        "bytes": entry.size,
        "cut": entry.clipped,
        "parts": list(_parts(entry, whole)),
    }


def _parts(entry: Entry, whole: bytes) -> Iterator[Json]:
    """What went out and when: the events of a stream, or the pieces of another body."""
    if not entry.streamed:
        yield from ({"at": round(offset, 6), "bytes": len(data)} for offset, data in entry.pieces)
        return
    starts = list(_starts(entry))
    at = 0
    for event in streams.events(whole):
        while at + 1 < len(starts) and starts[at + 1][0] <= event.start:
            at += 1
        yield {"at": round(starts[at][1], 6), "event": event.type}


def _starts(entry: Entry) -> Iterator[tuple[int, float]]:
    """Where in the body each piece begins, and when it went out."""
    place = 0
    for offset, data in entry.pieces:
        yield place, offset
        place += len(data)


def _without_secrets(entry: Entry, whole: bytes) -> bytes:
    return mask(whole, redaction.secrets_of_stream(whole, ())) if entry.streamed else whole


def _readable(data: bytes) -> str:
    """Bytes as text; what is no UTF-8 shows as it is escaped."""
    return data.decode("utf-8", "backslashreplace")
