"""Rules and requests for tests of the room `rules`: written as a user writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakeapi.endpoints import ruling
from fakeapi.facts import catalogue
from fakeapi.model import Call, Caller, Mismatch, Rule
from fakeapi.rules.choosing import condition_of
from fakeapi.rules.conditions import Condition
from fakeapi.rules.loading.document import load
from fakeapi.rules.seen import Seen

KNOWN = ruling.known()
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def rules(text: str, file: str = "rules.yaml") -> tuple[Rule, ...]:
    """The rules of a text, which has no problems."""
    loaded = load([(file, text)], KNOWN)
    assert not loaded.problems, [str(problem) for problem in loaded.problems]
    return loaded.rules


def call(*said: Any, betas: frozenset[str] = frozenset(), **body: Any) -> Call:
    """A request: what user and assistant say in turn, and other members of the body."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": content} for at, content in enumerate(said or ("Hello",))]
    whole = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": messages, **body}
    model = catalogue.resolve(whole["model"])
    assert model is not None
    return Call(whole, model, Caller("sk-secret", "2023-06-01", betas))


def condition(match: str) -> Condition:
    """The condition of a `match` in YAML flow style."""
    return condition_of(rules(f"- {{match: {match}, respond: A}}")[0].match)


def matches(match: str, asked: Call, headers: Mapping[str, str] = {}) -> bool:
    """Whether a `match` holds for a request; holds that explaining agrees, which is the same computation."""
    wanted = condition(match)
    holds = wanted.holds(Seen(asked, headers))
    assert holds == (not wanted.mismatches(Seen(asked, headers)))
    return holds


def mismatches(match: str, asked: Call, headers: Mapping[str, str] = {}) -> tuple[Mismatch, ...]:
    """What a request lacks of a `match`."""
    return condition(match).mismatches(Seen(asked, headers))


def tool_turns(result: Any, *, is_error: bool = False, name: str = "get_weather") -> tuple[Any, ...]:
    """A conversation in which a tool was called, and this came back."""
    used = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
    came = {"type": "tool_result", "tool_use_id": "toolu_1", "content": result, "is_error": is_error}
    return ("What is the weather?", [used], [came])
