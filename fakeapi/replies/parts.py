"""What a rule can say: a registry of `(value, making) -> Draft`, one small function for each kind of part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from fakeapi.facts import binding, signatures
from fakeapi.facts.sentences import refusal
from fakeapi.facts.written import written
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import calling, generators, templating, thoughts, turns
from fakeapi.replies.generators import Occasion
from fakeapi.replies.plugged import Plugged
from fakeapi.replies.templating import TemplateProblemError

Fixtures: TypeAlias = Callable[[str], Draft | None]
"""The documented answer of a name, or None."""

_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


class Making(NamedTuple):
    """What a part is made for.

    Attributes:
        occasion: the request. place: where the rule is written.
        before: the blocks of the answer before this part. number: which part it is.
        fixtures: finds documented answers.
    """

    occasion: Occasion
    place: str
    before: tuple[Json, ...]
    number: int
    fixtures: Fixtures

    @property
    def call(self) -> Call:
        """The request."""
        return self.occasion.call


Part: TypeAlias = Callable[[Any, Making], Draft]


def thinking(call: Call, before: tuple[Json, ...], text: str) -> Json:
    """A thinking block, signed so that it verifies when it comes back; not shown where the display is omitted."""
    body = call.body
    if before:
        body = {**body, "messages": [*body["messages"], {"role": "assistant", "content": list(before)}]}
    shown = thoughts.display(call) != "omitted"
    signature = signatures.sign(text, *binding.ahead(body, call.model), model=call.model.id, shown=shown)
    return {"type": "thinking", "thinking": text if shown else "", "signature": signature}


def _said(text: str) -> Draft:
    return Draft(({"type": "text", "text": text},) if text else (), "")


def _text(value: str, _: Making) -> Draft:
    return _said(value)


def _template(value: str, making: Making) -> Draft:
    try:
        return _said(templating.render(value, making.occasion, making.number))
    except TemplateProblemError as problem:
        raise refusal("template_unfilled", place=making.place, reason=str(problem)) from None


def _json(value: Any, _: Making) -> Draft:
    return _said(written(value))


def _echo(value: bool, making: Making) -> Draft:
    """What the user said last, also where results of tools came since."""
    return _said(turns.last_turn(making.call.body).question if value else "")


def _tool_use(value: Any, making: Making) -> Draft:
    seed = (*making.occasion.mark, making.number)
    wanted = enumerate(calling.read(value))
    return Draft(tuple(calling.called(each, making.call, *seed, at) for at, each in wanted), "")


def _thinking(value: str, making: Making) -> Draft:
    return Draft((thinking(making.call, making.before, value),), "")


def _block(value: Json, making: Making) -> Draft:
    """A literal block; what only a server can know (ids, signatures, data) may be left out of it."""
    block = dict(value)
    kind = block["type"]
    if kind in _CALLS:
        block = {"type": kind, "id": "", "name": block.get("name"), "input": {}, **block}
        if kind == "tool_use":
            block.setdefault("caller", {"type": "direct"})
    elif kind == "thinking" and not block.get("signature"):
        block = thinking(making.call, making.before, str(block.get("thinking", "")))
    elif kind == "redacted_thinking" and not block.get("data"):
        context = binding.ahead(making.call.body, making.call.model)
        block["data"] = signatures.seal("", kind, *context, model=making.call.model.id)
    elif kind.endswith("_tool_result") and not block.get("tool_use_id"):
        ids = [before["id"] for before in making.before if before["type"] in _CALLS]
        block["tool_use_id"] = ids[-1] if ids else ""
    return Draft((block,), "")


def _fixture(value: str, making: Making) -> Draft:
    found = making.fixtures(value)
    if found is None:
        raise refusal("fixture_unknown", place=making.place, name=value)
    return found if thoughts.display(making.call) != "omitted" else replace(found, content=_hidden(found.content))


def _hidden(content: tuple[Json, ...]) -> tuple[Json, ...]:
    return tuple({**block, "thinking": ""} if block["type"] == "thinking" else block for block in content)


def _generator(value: Any, making: Making) -> Draft:
    name, options = generators.read(value)
    if problem := generators.problem(name, options):
        raise refusal("generator_unknown", place=making.place, reason=problem)
    made = generators.GENERATORS[name]
    if isinstance(made, Plugged):
        return made.answer(making.occasion, making.place, making.number, options)
    return made(making.occasion, **options)


def _refusal(value: Any, _: Making) -> Draft:
    """A refusal; its explanation, or a category with it. What was said before it stays (a refusal midway)."""
    told = {"explanation": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
    details = {"type": "refusal", "category": None, "explanation": None, **told}
    return Draft((), "", "refusal", stop_details=details)


PARTS: dict[str, Part] = {
    "text": _text,
    "template": _template,
    "json": _json,
    "echo": _echo,
    "tool_use": _tool_use,
    "thinking": _thinking,
    "block": _block,
    "fixture": _fixture,
    "generator": _generator,
    "refusal": _refusal,
}
"""Every kind of part by name."""
