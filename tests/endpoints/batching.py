"""A server in this process whose clock tests move: batches are created, watched and read."""

from __future__ import annotations

from typing import Any

import orjson

from fakeapi.adapters.clock import VirtualClock
from fakeapi.adapters.porter import Porter
from fakeapi.engine import Answer
from fakeapi.rules.loading.document import load
from fakeapi.settings import Settings
from fakeapi.wire import Request, joined
from tests import street

PATH = "/v1/messages/batches"


def params(text: str = "What is 2 + 2?", **members: Any) -> dict[str, Any]:
    """The parameters of an item."""
    asked = [{"role": "user", "content": text}]
    return {"model": "claude-haiku-4-5", "max_tokens": 200, "messages": asked, **members}


def item(custom_id: str = "0", text: str = "What is 2 + 2?", **members: Any) -> dict[str, Any]:
    """An item of a batch."""
    return {"custom_id": custom_id, "params": params(text, **members)}


def items(count: int) -> list[dict[str, Any]]:
    """Items that ask different things."""
    return [item(f"item-{index}", f"What is {index} + {index}?") for index in range(count)]


class Desk:
    """One server: `clock` is everybody's; `last` is the last answer."""

    def __init__(self, key: str = "sk-ant-fake", **settings: Any) -> None:
        self.clock = VirtualClock(street.NOW)
        self.porter = Porter(Settings(**{"batch_time": 60, **settings}), clock=lambda: self.clock)
        self.key = key
        self.last: Answer | None = None

    def ask(self, method: str, path: str = PATH, body: Any = None, query: str = "", **headers: str) -> Answer:
        """The answer to a request, played to its end and held against the schemas."""
        own = {"x-api-key": self.key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        lines = {**joined((*street.DOOR, ("host", "localhost:4010"))), **own}
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        visit = self.porter.answer(Request(method, path, query, lines, data))
        reply = visit.reply._replace(effects=tuple(visit.reply.effects))
        self.porter.close(visit, "completed")
        self.last = visit.answer._replace(reply=reply)
        street.check_answer(self.last)
        return self.last

    def good(self, method: str, path: str = PATH, body: Any = None, **how: Any) -> Any:
        """The JSON of a 200."""
        answer = self.ask(method, path, body, **how)
        assert answer.reply.status == 200, street.sent(answer)
        return street.json(answer)

    def refused(self, method: str, path: str = PATH, body: Any = None, **how: Any) -> tuple[int, str, str]:
        """Status, type and sentence of a refusal."""
        answer = self.ask(method, path, body, **how)
        error = street.json(answer)["error"]
        return answer.reply.status, error["type"], error["message"]

    def create(self, *rows: dict[str, Any], **headers: str) -> str:
        """The id of a new batch."""
        return str(self.good("POST", body={"requests": list(rows or [item()])}, **headers)["id"])

    def show(self, id: str) -> Any:
        """A batch as it is now."""
        return self.good("GET", f"{PATH}/{id}")

    def results(self, id: str) -> dict[str, Any]:
        """The results by custom_id."""
        return {row["custom_id"]: row["result"] for row in self.lines(id)}

    def lines(self, id: str) -> list[Any]:
        """The lines of the results."""
        answer = self.ask("GET", f"{PATH}/{id}/results")
        assert answer.reply.status == 200, street.sent(answer)
        return [orjson.loads(line) for line in street.sent(answer).splitlines()]

    def run(self, *rows: dict[str, Any], **headers: str) -> dict[str, Any]:
        """The results of a batch of these items, once it has ended."""
        id = self.create(*rows, **headers)
        self.clock.advance(self.porter.settings.batch_time)
        return self.results(id)

    def header(self, name: str) -> str | None:
        """A header of the last answer."""
        assert self.last is not None
        return street.header(self.last, name)

    def set_rules(self, text: str) -> None:
        """From now on, these rules are asked."""
        loaded = load([("rules.yaml", text)], self.porter.known())
        assert not loaded.problems, loaded.problems
        self.porter.set_rules(loaded.rules)
