"""What came to a server, as values to look at: `calls[-1].messages[-1].text`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakeapi.facts.conversation import blocks
from fakeapi.model import Json


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message of a request."""

    role: str
    content: Any

    @property
    def text(self) -> str:
        """What its text blocks say, one after the other."""
        return "\n\n".join(part["text"] for part in self.blocks if part.get("type") == "text")

    @property
    def blocks(self) -> list[Json]:
        """Its content as blocks, also where it was sent as a string."""
        return blocks(self.content)

    @property
    def tool_results(self) -> list[Json]:
        """Its tool_result blocks."""
        return [part for part in self.blocks if part.get("type") == "tool_result"]


class Call:
    """One exchange of a session, as the journal has it (docs/journal.md): what was sent, and what was answered."""

    def __init__(self, entry: Json) -> None:
        self.entry = entry

    def __repr__(self) -> str:
        return f"<Call {self.number}: {self.entry['method']} {self.entry['path']} {self.status} {self.text!r:.60}>"

    @property
    def number(self) -> int:
        """Its number in the journal."""
        return int(self.entry["number"])

    @property
    def body(self) -> Json:
        """The request's JSON; empty where it had none."""
        return self.entry["request"]["body"] or {}

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers by lower-case name, secrets redacted."""
        return dict(self.entry["request"]["headers"])

    @property
    def model(self) -> str:
        """The model that was asked."""
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[SentMessage]:
        """The conversation that was sent."""
        sent = self.body.get("messages") or []
        return [SentMessage(str(each.get("role")), each.get("content")) for each in sent if isinstance(each, dict)]

    @property
    def system(self) -> str:
        """The text of the system prompt."""
        return "\n\n".join(part.get("text", "") for part in blocks(self.body.get("system")))

    @property
    def tools(self) -> list[str]:
        """The names of the tools that were offered."""
        return [str(tool.get("name", "")) for tool in self.body.get("tools") or []]

    @property
    def text(self) -> str:
        """What the user said last."""
        return next((each.text for each in reversed(self.messages) if each.role == "user" and each.text), "")

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
