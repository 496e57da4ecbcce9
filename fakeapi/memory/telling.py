"""An entry in a few lines for a person: what a failing test shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from fakeapi.memory import redaction
from fakeapi.memory.entries import Entry
from fakeapi.memory.exporting import asked
from fakeapi.model import Json

_WIDTH = 110
_LABEL = 10


def tell(entry: Entry) -> str:
    """The entry in some lines of at most 120 characters, without secrets and control characters."""
    return redaction.clean_text("\n".join(_visible(line) for line in _lines(entry)))


def tell_all(entries: Iterable[Entry], most: int = 10) -> str:
    """The last entries, each told; what comes before them is counted."""
    known = list(entries)
    left = f"({len(known) - most} earlier requests are not shown)\n" if len(known) > most else ""
    return left + "\n".join(tell(entry) for entry in known[-most:]) if known else "(no request came)"


def _lines(entry: Entry) -> Iterator[str]:
    yield _headline(entry)
    if said := asked(entry) or _results(entry.request):
        yield _labelled("asked", f"{_cut(said, 70)}{_aside(entry)}")
    if entry.exchange is not None:
        who = f"{entry.rule or entry.exchange.source or '-'}: "
        yield _labelled("answered", who + _answered(entry, max(_WIDTH - _LABEL - len(who), 60)))
        if entry.exchange.hint:
            yield _labelled("hint", entry.exchange.hint)
    for warning in entry.warning.split("; ") if entry.warning else ():
        yield _labelled("warning", warning)
    yield from _near(entry.diagnosis)


def _headline(entry: Entry) -> str:
    took = "" if entry.seconds is None else f" in {entry.seconds:.3g} s"
    status = f"{entry.status}{took}" if entry.exchange else "under way"
    outcome = "" if entry.outcome in ("completed", "open") else f"  {entry.outcome}"
    retry = f"  retry {entry.attempt}" if entry.attempt else ""
    return f"#{entry.number}  {entry.method} {entry.path}  {status}{outcome}{retry}  {entry.model}".rstrip()


def _results(body: Any) -> str:
    """What a request brings where its user says nothing: the results of tools."""
    messages = body.get("messages") if isinstance(body, dict) else None
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, dict) else None
    parts = content if isinstance(content, list) else []
    results = [part for part in parts if isinstance(part, dict) and part.get("type") == "tool_result"]
    return ", ".join(f"tool_result “{_cut(_text(part.get('content')), 60)}”" for part in results)


def _text(content: Any) -> str:
    if not isinstance(content, list):
        return str(content or "")
    return " ".join(str(part.get("text") or part.get("type")) for part in content if isinstance(part, dict))


def _aside(entry: Entry) -> str:
    """How much else there was in a request."""
    body = entry.request
    counted = [(len(body.get(name) or ()), name) for name in ("messages", "tools") if isinstance(body.get(name), list)]
    told = ", ".join(f"{count} {name if count != 1 else name[:-1]}" for count, name in counted if count)
    return f" ({told})" if told else ""


def _answered(entry: Entry, width: int) -> str:
    assert entry.exchange is not None
    message, error = entry.message(), entry.error()
    if error is not None:
        told = f"{error.get('type')}: {error.get('message')}"
        return told if message is None else f"{_said(message, width // 2)}; then {told}"
    return _said(message, width) if message is not None else f"{entry.size} bytes"


def _said(message: Json, width: int) -> str:
    """The blocks of a message, as many as there is room for, and how it ended."""
    content = message.get("content")
    blocks = [_block(block) for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    usage = message.get("usage") or {}
    tokens = f"{usage.get('input_tokens', '?')} in, {usage.get('output_tokens', '?')} out"
    end = f" -> {message.get('stop_reason') or 'no stop_reason'}, {tokens}"
    return _cut(", ".join(blocks) or "nothing", max(width - len(end), 20)) + end


def _block(block: Json) -> str:
    kind = str(block.get("type"))
    if kind == "text":
        return f"“{_cut(str(block.get('text', '')), 50)}”"
    if "name" in block:
        return f"{kind} {block['name']} {_cut(_json(block.get('input')), 50)}"
    return kind


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return str(value)


def _near(diagnosis: Json | None) -> Iterator[str]:
    """The first difference from each of the rules that came nearest."""
    for miss in (diagnosis or {}).get("nearest", ()):
        first = next(iter(miss.get("mismatches") or ()), None)
        if first is None:
            yield _labelled("nearest", f"{miss.get('rule')}: {miss.get('why')}")
            continue
        hint = f" ({first['hint']})" if first.get("hint") else ""
        wanted, came = _cut(first["wanted"], 30), _cut(first["came"], 30)
        yield _labelled("nearest", f"{miss.get('rule')}: {first['what']} wanted {wanted!r}, came {came!r}{hint}")


def _labelled(label: str, text: str) -> str:
    return f"    {label.ljust(_LABEL)}{_cut(text, _WIDTH - _LABEL)}"


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _visible(line: str) -> str:
    return line if line.isprintable() else "".join(sign if sign.isprintable() else "·" for sign in line)
