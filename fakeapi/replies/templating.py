"""Templates: what a rule says with the request put in. The language is jinja2's, in a sandbox that ends everything.

What a template says depends on the request and the seed alone: it knows no clock, and its chance is drawn from both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from fakeapi import chance
from fakeapi.facts import conversation
from fakeapi.facts.conversation import blocks
from fakeapi.model import Json
from fakeapi.replies import offering
from fakeapi.replies.fakery import Fakery, FakeryError
from fakeapi.replies.turns import last_turn

if TYPE_CHECKING:
    from jinja2 import Template

    from fakeapi.replies.generators import Occasion
    from fakeapi.replies.sandbox import Sandbox

NAMES = (
    *("user_text", "system", "model", "turn", "messages", "tools", "tool_results", "groups", "metadata", "headers"),
    *("prefill", "request", "faker", "choice", "randint", "range"),
)
"""What a template knows."""
_SECRET = frozenset({"x-api-key", "authorization", "proxy-authorization", "cookie"})
_MEANT = {
    "now": "a template has no clock, so that equal requests get equal answers; faker.date() is a date",
    "random": "say choice([...]) or randint(1, 6)",
    "user": "say user_text",
    "text": "say user_text",
    "message": "say user_text, or messages[-1]",
    "group": "say groups",
}


class TemplateProblemError(Exception):
    """Why a template can't be read or filled; the text names the line, where there are several."""


def check_template(text: str) -> str | None:
    """What is wrong with a template, as far as it can be told without a request: syntax, names, filters, providers."""
    try:
        _compiled(text)
    except TemplateProblemError as problem:
        return str(problem)
    return None


def render(text: str, occasion: Occasion, *salt: object) -> str:
    """The text of a template. TemplateProblemError where it can't be filled.

    Args:
        occasion: the request, and what was captured of it.
        salt: where it stands, so that two templates of one answer draw differently.
    """
    from fakeapi.replies import bounds

    template = _compiled(text)
    with bounds.allowance():
        try:
            return bounds.gathered(template.generate(known(occasion, *salt)))
        except Exception as fault:
            raise TemplateProblemError(_placed(_reason(fault), _line_of(fault), text)) from None


def known(occasion: Occasion, *salt: object) -> dict[str, Any]:
    """The names of a template and their values, plain JSON but for `faker` and the functions."""
    body = occasion.call.body
    seed = (*occasion.mark, *salt)
    dice = chance.random("template", *seed)
    return {
        "user_text": conversation.last_user_text(body),
        "system": _text(body.get("system")),
        "model": occasion.call.model.id,
        "turn": _turn(body["messages"]),
        "messages": body["messages"],
        "tools": offering.client_tools(body),
        "tool_results": _results(body),
        "groups": _with_numbers(occasion.groups),
        "metadata": body.get("metadata") or {},
        "headers": {name: value for name, value in occasion.headers.items() if name not in _SECRET},
        "prefill": conversation.prefill(body),
        "request": body,
        "faker": Fakery(*seed),
        "choice": lambda items: dice.choice(_several(items)),
        "randint": lambda low, high: dice.randint(low, high),
    }


def _several(items: Any) -> Sequence[Any]:
    """ValueError where there is nothing to choose from."""
    found = items if isinstance(items, list | tuple | str | range) else list(items)
    if not found:
        raise ValueError("choice: there is nothing to choose from")
    return found


def _turn(messages: list[Json]) -> int:
    """The number of the last user turn, from 1: neighbouring messages of the user are one turn."""
    roles = [message["role"] for message in messages if message["role"] != "system"]
    return sum(role == "user" and (not at or roles[at - 1] != "user") for at, role in enumerate(roles))


def _results(body: Json) -> list[Json]:
    """The tool results of the last user turn."""
    turn = last_turn(body)
    names = {block["id"]: block["name"] for block in turn.called}
    return [
        {
            "name": names.get(result.get("tool_use_id"), ""),
            "content": _text(result.get("content")),
            "is_error": bool(result.get("is_error")),
        }
        for result in turn.results
    ]


def _text(content: Any) -> str:
    return "\n\n".join(str(part.get("text", "")) for part in blocks(content) if part.get("type") == "text")


def _with_numbers(groups: Mapping[str, str]) -> dict[str | int, str]:
    """Groups by name, and by number as a text and as a number: `groups[1]`, `groups["1"]`."""
    numbered: dict[str | int, str] = {int(name): text for name, text in groups.items() if name.isdecimal()}
    return {**numbered, **dict(groups.items())}


@cache
def _sandbox() -> Sandbox:
    from fakeapi.replies.sandbox import Sandbox

    return Sandbox()


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Template:
    """The compiled template, its names checked. TemplateProblemError."""
    from jinja2 import TemplateError, TemplateSyntaxError

    from fakeapi.replies.bounds import BoundError
    from fakeapi.replies.sandbox import RefusedError

    try:
        template = _sandbox().compiled(text)
    except TemplateSyntaxError as fault:
        raise TemplateProblemError(_placed(_mended(fault.message or "it can't be read"), fault.lineno, text)) from None
    except RefusedError as fault:
        raise TemplateProblemError(_placed(str(fault), fault.line, text)) from None
    except (BoundError, TemplateError) as fault:
        raise TemplateProblemError(str(fault)) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError):
        raise TemplateProblemError("it is nested too deeply, or a number in it is too long") from None
    _check_names(text)
    return template


def _check_names(text: str) -> None:
    from jinja2 import meta, nodes

    tree = _sandbox().parse(text)
    strange = meta.find_undeclared_variables(tree) - set(NAMES)
    if strange:
        name = min(strange)
        line = next((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), 1)
        raise TemplateProblemError(_placed(_unknown(name), line, text))
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name == "faker":
            _check_provider(node.attr, node.lineno, text)


def _check_provider(name: str, line: int, text: str) -> None:
    from fakeapi.replies import fakery

    if name not in fakery.names():
        near = get_close_matches(name, fakery.names(), 1)
        meant = f"; did you mean faker.{near[0]}()?" if near else ""
        reason = fakery.reason_against(name) or f"faker has no {name!r}{meant}"
        raise TemplateProblemError(_placed(reason, line, text))


def _unknown(name: str) -> str:
    """What to write instead of a name that templates don't know."""
    if name in _MEANT:
        return f"{name!r} is not known: {_MEANT[name]}"
    near = get_close_matches(name, NAMES, 1)
    meant = f"did you mean {near[0]!r}? A" if near else "a"
    return f"{name!r} is not known; {meant} template knows {', '.join(NAMES)}"


def _mended(message: str) -> str:
    """jinja2's words for a mistake, and what to write instead where that is plain."""
    if "No filter named" in message:
        return f"{message.rstrip('.')} here; filters are {', '.join(sorted(_sandbox().filters))}"
    if "end of print statement" in message:
        return "what {{ opens is not closed: add the }}"
    if "nexpected end of template" in message:
        return f"{message.rstrip('.')}: close it, as {{% endif %}} or {{% endfor %}} do"
    return message.rstrip(".")


def _reason(fault: Exception) -> str:
    """Why a template could not be filled, in one line."""
    from jinja2 import TemplateError

    from fakeapi.replies.bounds import BoundError

    said = " ".join(str(fault).split()) or type(fault).__name__
    if isinstance(fault, BoundError | FakeryError | TemplateError):
        return said
    return f"{said} ({type(fault).__name__})"


def _line_of(fault: Exception) -> int | None:
    """The line of a template in which something went wrong."""
    trace, line = fault.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _placed(reason: str, line: int | None, text: str) -> str:
    return f"line {line}: {reason}" if line and "\n" in text.strip("\n") else reason
