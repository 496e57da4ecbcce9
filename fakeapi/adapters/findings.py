"""What went wrong between a client and a server, told so that it can be mended: one finding for each different fault.

The words are data (`fixtures/findings.json`): one set for tests with pytest, one for a command that was run.
"""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fakeapi import assets
from fakeapi.memory.entries import Entry
from fakeapi.memory.exporting import asked
from fakeapi.model import Exchange, Json

REFUSED, WARNED, UNMATCHED, ENDED, BUG = "refused", "warned", "unmatched", "ended", "bug"
UNUSED, EXPECTED, VERDICTS = "unused", "expected", "verdicts"
_LIMITED = 429
_SHOWN = 5
_NUMBERS = 6
_WIDTH = 150
_LINE = 118
_SESSION = re.compile(r"^/s/[^/]+")
_REFUSAL_IN_WARNING = re.compile(r"(?:^|; )(?=\d{3} [a-z_]+_error: )")


class Finding(NamedTuple):
    """One fault, however often it happened.

    Attributes:
        kind: one of this module's constants.
        sentence: what was said of it. where: `POST /v1/messages 400`, or "".
        numbers: of the exchanges that show it; `times`, where they aren't known.
        more: lines that explain it further.
    """

    kind: str
    sentence: str
    where: str = ""
    numbers: tuple[int, ...] = ()
    times: int = 1
    more: tuple[str, ...] = ()

    def told(self) -> str:
        """In some lines."""
        line = "  ".join(part for part in (self._numbered(), self.where, self.sentence) if part)
        return "\n".join([f"  {_cut(line, 4 * _WIDTH)}", *(f"      {_cut(more, _WIDTH)}" for more in self.more)])

    def _numbered(self) -> str:
        if not self.numbers:
            return f"{self.times} x" if self.times > 1 else ""
        shown = ", ".join(f"#{number}" for number in self.numbers[:_NUMBERS])
        return f"{shown} and {len(self.numbers) - _NUMBERS} more" if len(self.numbers) > _NUMBERS else shown


def kind_of(exchange: Exchange) -> str:
    """What is wrong with an exchange; "" for nothing.

    A rate limit that was asked for is no fault, nor is a thread that isn't known any more: clients get over both.
    """
    sentence = exchange.sentence
    if exchange.source != "refused" or not sentence:
        return WARNED if exchange.warning and _REFUSAL_IN_WARNING.search(exchange.warning) else ""
    if exchange.status >= 500:
        return BUG
    if sentence.startswith("fakeapi: no rule matches"):
        return UNMATCHED
    if sentence.startswith("fakeapi: rule "):
        return ENDED
    return "" if exchange.status == _LIMITED or sentence.startswith(_recovered()) else REFUSED


def finding(exchange: Exchange, said: str = "", diagnosis: Json | None = None, number: int = 0) -> Finding | None:
    """What is wrong with an exchange; None for nothing. `said` is what the user said, `diagnosis` the near misses."""
    kind = kind_of(exchange)
    if not kind:
        return None
    numbers = (number,) if number else ()
    path = _SESSION.sub("", exchange.path)
    where = f"{exchange.method} {path} {exchange.status}"
    if kind == WARNED:
        return Finding(kind, "; ".join(_refusals(exchange.warning)), where, numbers)
    if kind == UNMATCHED:
        told = f"asked: {json.dumps(_cut(said, 100), ensure_ascii=False)}" if said else exchange.sentence
        return Finding(kind, told, f"{exchange.method} {path}", numbers, more=tuple(near(diagnosis)))
    is_told = not exchange.hint or (kind == ENDED and "at_end" in exchange.hint)
    more = () if is_told else (exchange.hint,)
    return Finding(kind, exchange.sentence, where, numbers, more=more)


def of_entries(entries: Iterable[Entry]) -> list[Finding]:
    """What is wrong with the exchanges of a journal; equal faults are one finding."""
    found: dict[tuple[str, str, str], Finding] = {}
    for entry in entries:
        if entry.exchange is None or not kind_of(entry.exchange):
            continue
        one = finding(entry.exchange, asked(entry), entry.diagnosis, entry.number)
        if one is not None:
            merge(found, one)
    return list(found.values())


def merge(found: dict[tuple[str, str, str], Finding], one: Finding) -> None:
    """Add a finding to those that were found; one that is there already happened once more."""
    key = (one.kind, one.where, one.sentence)
    before = found.get(key)
    found[key] = (
        one if before is None else before._replace(numbers=before.numbers + one.numbers, times=before.times + one.times)
    )


def explain(findings: Iterable[Finding], audience: str = "pytest") -> str:
    """All findings of all kinds, each kind with what to do about it; "" for none. `audience` is `pytest` or `run`."""
    kinds: dict[str, list[Finding]] = {}
    for one in findings:
        kinds.setdefault(one.kind, []).append(one)
    return "\n\n".join("\n".join(_of_kind(kind, kinds[kind], audience)) for kind in _words() if kind in kinds)


def near(diagnosis: Json | None) -> Iterator[str]:
    """The rules that came nearest, each with what it wanted and what came."""
    nearest = (diagnosis or {}).get("nearest") or ()
    if not nearest:
        yield "there are no rules"
    for miss in nearest:
        rule = f"{miss['rule']} ({_here(miss['place'])})" if miss.get("place") else miss["rule"]
        first = next(iter(miss.get("mismatches") or ()), None)
        if first is None:
            yield f"nearest: {rule}: {miss.get('why')}"
            continue
        yield f"nearest: {rule} wants {first['what']} {_quoted(first['wanted'])}, came {_quoted(first['came'])}"
        if first.get("hint"):
            yield f"         {first['hint']}"


def _of_kind(kind: str, findings: list[Finding], audience: str) -> Iterator[str]:
    words = _words()[kind]
    count = sum(max(len(one.numbers), one.times) for one in findings)
    yield words["one"] if count == 1 else words["many"].replace("{count}", str(count))
    yield from (one.told() for one in findings[:_SHOWN])
    if len(findings) > _SHOWN:
        yield f"  ... and {len(findings) - _SHOWN} more"
    if mend := words[audience]:
        whole = "What to do: " + mend.replace("{sentence}", _quoted(findings[0].sentence))
        yield textwrap.fill(whole, _LINE, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _refusals(warning: str) -> list[str]:
    """The parts of a warning that tell what the real API would have refused."""
    parts = _REFUSAL_IN_WARNING.split(warning)
    return [part for part in parts if re.match(r"\d{3} [a-z_]+_error: ", part)]


@cache
def _recovered() -> tuple[str, ...]:
    """How the refusals begin that clients get over by themselves: those of threads."""
    sentences: Mapping[str, Mapping[str, str]] = assets.read_json("fixtures/sentences/threads.json")
    return tuple(sentence["message"].partition("{")[0] for sentence in sentences.values())


@cache
def _words() -> dict[str, dict[str, str]]:
    read = assets.read_json("fixtures/findings.json")
    return {kind: words for kind, words in read.items() if kind != "about"}


def _here(place: str) -> str:
    """A place as it is seen from the working folder."""
    return place.removeprefix(f"{Path.cwd()}{os.sep}")


def _quoted(text: str) -> str:
    return json.dumps(_cut(text, 60), ensure_ascii=False)


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split()) if "\n" in text else text
    return line if len(line) <= width else line[: width - 1] + "…"
