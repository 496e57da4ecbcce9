"""What came to a server, as values to look at: `calls[-1].messages[-1].text`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakeapi.facts.conversation import blocks
from fakeapi.model import Json

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message of a request: `role`, and `content` as it was sent."""

    role: str
    content: Any

    @property
    def text(self) -> str:
        """What its text blocks say, one after the other."""
        return _said(self.content)

    @property
    def blocks(self) -> list[Json]:
        """Its content as blocks, also where it was sent as a string."""
        return _blocks(self.content)

    @property
    def tool_results(self) -> list[Json]:
        """Its tool_result blocks."""
        return [part for part in self.blocks if part.get("type") == "tool_result"]


class Call:
    """One exchange of a session, as the journal has it (docs/journal.md): what was sent, and what was answered.

    `entry` is all of it, as JSON.
    """

    def __init__(self, entry: Json) -> None:
        self.entry = entry

    def __repr__(self) -> str:
        said = f" {self.text!r:.60}" if self.text else ""
        return f"<Call {self.number}: {self.entry['method']} {self.entry['path']} {self._end()}{said}>"

    def _end(self) -> str:
        if self.status is None:
            return "under way"
        return f"{self.status}" if self.outcome == "completed" else f"{self.status} {self.outcome}"

    # What was sent

    @property
    def number(self) -> int:
        """Its number in the journal."""
        return int(self.entry["number"])

    @property
    def body(self) -> Json:
        """The request's JSON; empty where it had none."""
        body = self.entry["request"]["body"]
        return body if isinstance(body, dict) else {}

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers by lower-case name, secrets redacted."""
        return dict(self.entry["request"]["headers"])

    @property
    def attempt(self) -> int:
        """Which retry of an SDK it is; 0 for the first try."""
        return int(self.entry["attempt"])

    @property
    def model(self) -> str:
        """The model that was asked."""
        return str(self.body.get("model", ""))

    @property
    def stream(self) -> bool:
        """Whether a stream was asked for."""
        return self.body.get("stream") is True

    @property
    def messages(self) -> list[SentMessage]:
        """The conversation that was sent."""
        sent = _dicts(self.body.get("messages"))
        return [SentMessage(str(each.get("role")), each.get("content")) for each in sent]

    @property
    def system(self) -> str:
        """The text of the system prompt."""
        return _said(self.body.get("system"))

    @property
    def tools(self) -> list[str]:
        """The names of the tools that were offered."""
        return [str(tool.get("name", "")) for tool in _dicts(self.body.get("tools"))]

    @property
    def text(self) -> str:
        """What the user said last."""
        return next((each.text for each in reversed(self.messages) if each.role == "user" and each.text), "")

    # What was answered

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer; None while it is under way."""
        status: int | None = self.entry["status"]
        return status

    @property
    def outcome(self) -> str:
        """`open`, `completed`, `cut` or `client left`."""
        return str(self.entry["outcome"])

    @property
    def answer(self) -> Json | None:
        """The message that was answered, put together again where it was streamed; None for an error."""
        answer: Json | None = (self.entry["answer"] or {}).get("message")
        return answer

    @property
    def answer_text(self) -> str:
        """What the text blocks of the answer say."""
        return _said((self.answer or {}).get("content"))

    @property
    def error(self) -> Json | None:
        """The error that was answered, or came amid the stream; None without one."""
        error: Json | None = (self.entry["answer"] or {}).get("error")
        return error

    @property
    def rule(self) -> str | None:
        """The name of the rule that answered."""
        rule: str | None = self.entry["rule"]
        return rule

    @property
    def usage(self) -> Json | None:
        """What it would have been billed for."""
        usage: Json | None = self.entry["usage"]
        return usage

    @property
    def cost(self) -> float | None:
        """What it would have cost, in US dollars."""
        cost: float | None = self.entry["cost_usd"]
        return cost

    @property
    def warnings(self) -> list[str]:
        """What the real API would have said where this server let it pass."""
        return list(self.entry["warnings"])


class Calls(list[Call]):
    """Calls, the oldest first; shown, each has a line of its own."""

    def __repr__(self) -> str:
        left = f"\n  ... and {len(self) - _SHOWN} before" if len(self) > _SHOWN else ""
        lines = "".join(f"\n  {call!r}" for call in self[-_SHOWN:])
        return f"<{len(self)} call{'' if len(self) == 1 else 's'}>{left}{lines}"


def _blocks(content: Any) -> list[Json]:
    """Content as blocks, whatever a client made of it."""
    return _dicts(blocks(content) if isinstance(content, str | list) else [])


def _said(content: Any) -> str:
    return "\n\n".join(str(part.get("text", "")) for part in _blocks(content) if part.get("type") == "text")


def _dicts(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
