"""Writing a journal by hand: requests that come, and the answers that a test wants them to have."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from typing import Any

from fakeapi.chance import draws
from fakeapi.encoding import events, sse
from fakeapi.encoding.body import encode_message
from fakeapi.memory.entries import Entry
from fakeapi.memory.journal import Journal
from fakeapi.memory.records import Record
from fakeapi.model import Exchange, Json, Message
from fakeapi.wire import HeaderLines, Request

STREAM = ((b"content-type", b"text/event-stream; charset=utf-8"),)
JSON = ((b"content-type", b"application/json"),)
USAGE: Json = {"input_tokens": 12, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 6}
HEADERS = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01", "content-type": "application/json"}


def body(*messages: Json, **more: Any) -> Json:
    """A request of these messages, or of one that says hello."""
    said = list(messages) or [user("Hello")]
    return {"model": "claude-opus-4-8", "max_tokens": 100, "messages": said, **more}


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def assistant(content: Any) -> Json:
    return {"role": "assistant", "content": content}


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def call(id: str, name: str = "get_weather") -> Json:
    return {"type": "tool_use", "id": id, "name": name, "input": {"city": "Paris"}}


def result(id: str) -> Json:
    return {"type": "tool_result", "tool_use_id": id, "content": "Sunny"}


def thinking(signature: str = "c2ln") -> Json:
    return {"type": "thinking", "thinking": "Hm", "signature": signature}


def request(content: Any, headers: Mapping[str, str] = HEADERS, **how: Any) -> Request:
    """A request to POST /v1/messages, or as `how` says."""
    data = content if isinstance(content, bytes) else dumps(content).encode()
    return Request(how.get("method", "POST"), how.get("path", "/v1/messages"), how.get("query", ""), headers, data)


def message(*content: Json, stop_reason: str = "end_turn", id: str = "msg_1") -> Message:
    """A finished message of these blocks."""
    return Message(id, "claude-opus-4-8", content, stop_reason, None, None, USAGE, {})


def streamed(*content: Json, stop_reason: str = "end_turn", id: str = "msg_1") -> bytes:
    """The stream of a message."""
    made = message(*content, stop_reason=stop_reason, id=id)
    return b"".join(frame.data for frame in sse.frames(events.events(made, "classic", draws("chunks")), draws("pads")))


def plain(*content: Json, stop_reason: str = "end_turn", id: str = "msg_1") -> bytes:
    """The JSON of a message."""
    return encode_message(message(*content, stop_reason=stop_reason, id=id))


def error(kind: str = "overloaded_error", said: str = "Overloaded") -> bytes:
    """The JSON of an error."""
    return dumps({"type": "error", "error": {"type": kind, "message": said}}).encode()


def answered(entry: Entry) -> Json:
    """The message that was answered; fails where there is none."""
    found = entry.message()
    assert found is not None
    return found


class Diary:
    """A journal, and a clock that moves when it is told to."""

    def __init__(self, **bounds: int) -> None:
        self.journal = Journal(**bounds)
        self.now = 1_000.0

    def wait(self, seconds: float) -> Diary:
        """Let time pass."""
        self.now += seconds
        return self

    def open(self, asked: Any = None, *, session: str = "", headers: Mapping[str, str] = HEADERS, **how: Any) -> Record:
        """A request that comes now."""
        return self.journal.open(request(body() if asked is None else asked, headers, **how), session, self.now)

    def close(
        self,
        record: Record,
        answer: bytes = b"",
        status: int = 200,
        lines: HeaderLines = JSON,
        outcome: str = "completed",
        diagnosis: Json | None = None,
        **said: Any,
    ) -> Entry:
        """The answer to it, sent whole now."""
        entry = record.entry
        record.sent(answer, self.now)
        usage = said.pop("usage", USAGE if status == 200 else None)
        exchange = Exchange(1, entry.method, entry.path, status, "req_1", usage=usage, **said)
        record.close(exchange, lines, outcome, self.now, diagnosis=diagnosis)
        return record.entry

    def ask(self, asked: Any = None, answer: bytes | None = None, **how: Any) -> Entry:
        """A request, and its whole answer a moment later."""
        opening = {name: how.pop(name) for name in ("session", "headers", "method", "path", "query") if name in how}
        record = self.open(asked, **opening)
        return self.close(record, plain(text("Hi")) if answer is None else answer, **how)

    def fail(self, asked: Any = None, status: int = 529, *lines: tuple[bytes, bytes], retry: int = 0) -> Entry:
        """A request that is refused, as an SDK's so many-th retry."""
        headers = {**HEADERS, "x-stainless-retry-count": str(retry)}
        return self.ask(asked, error(), status=status, lines=(*JSON, *lines), headers=headers)

    @property
    def entries(self) -> list[Entry]:
        """All entries."""
        return self.journal.entries()
