"""What an aimock fixture matches, as conditions of ours.

Source of what each key does there: aimock 1.43.0, its types and its router.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fakeapi.facts import catalogue
from fakeapi.model import Json
from fakeapi.rules.converting.drafts import Notes, escaped_glob
from fakeapi.rules.loading.nodes import Node

_LOOKS_LIKE_REGEX = re.compile(r"\.[*+]|^\^|\$$|\\[dwsb]|^/.*/[a-z]*$")
_ANY_RESULT: Json = {"name": "*"}
_OTHER_APIS = "only the Messages API is here: drop it, or keep it with aimock"


@dataclass(frozen=True)
class Criteria:
    """What a fixture wants.

    Attributes:
        told: its conditions on the content of a request, by aimock's names.
        sequence: `sequenceIndex`, from 0; turn: `turnIndex`, from 0.
    """

    told: Json
    sequence: int | None
    turn: int | None

    @property
    def key(self) -> str:
        """What is equal for fixtures that want the same, at whichever turn."""
        return repr(sorted(self.told.items()))

    def covers(self, other: Criteria) -> bool:
        """Whether it surely wants nothing that the other doesn't want, too."""
        return all(
            wanted == (came := other.told.get(name))
            or (name == "userMessage" and isinstance(came, str) and wanted in came)
            for name, wanted in self.told.items()
        )


def read_match(node: Node, notes: Notes) -> Criteria | None:
    """What a `match` wants; None where no request of this API can match it (the notes say why)."""
    if not isinstance(node.value, dict):
        notes.tell(node, "match must be an object", "for everything write {}")
        return None
    if "inputText" in node.members:
        notes.tell(node.of_key("inputText"), "inputText belongs to embeddings", _OTHER_APIS)
        return None
    endpoint = node.value.get("endpoint", "chat")
    if endpoint != "chat":
        notes.tell(node.of_key("endpoint"), f"endpoint {endpoint!r} is none of the Messages API", _OTHER_APIS)
        return None
    notes.tell_unknown(node, (*_READERS, "endpoint", "inputText", "predicate"), "match")
    if "predicate" in node.members:
        notes.tell(node.of_key("predicate"), "predicate is code", "write it as a pattern: docs/plugins.md")
    found = {key: _READERS[key](member, notes) for key, member in node.members.items() if key in _READERS}
    if any(value is _BAD for value in found.values()):
        return None
    told = {key: value for key, value in found.items() if value is not None}
    return Criteria(told, told.pop("sequenceIndex", None), told.pop("turnIndex", None))


_BAD = object()


def _text(node: Node, notes: Notes) -> Any:
    """A text; an empty one is in everything."""
    if not isinstance(node.value, str):
        notes.tell(node, "this must be a text", "write it in quotes")
        return _BAD
    if _LOOKS_LIKE_REGEX.search(node.value):
        notes.tell(
            node,
            f"{node.value!r} looks like a regular expression, but aimock takes it as it stands in a file",
            "if one is meant, write text: {regex: ...} here",
        )
    return node.value or None


def _texts(node: Node, notes: Notes) -> Any:
    if isinstance(node.value, list):
        found = [_text(item, notes) for item in node.items]
        return _BAD if _BAD in found else [text for text in found if text] or None
    return "" if node.value == "" else _text(node, notes)


def _name(node: Node, notes: Notes) -> Any:
    if isinstance(node.value, str) and node.value:
        return node.value
    notes.tell(node, "this must be a text that isn't empty", "write a name")
    return _BAD


def _index(node: Node, notes: Notes) -> Any:
    if type(node.value) is int and node.value >= 0:
        return node.value
    notes.tell(node, "this must be a whole number from 0", "count from 0")
    return _BAD


def _flag(node: Node, notes: Notes) -> Any:
    if isinstance(node.value, bool):
        return node.value
    notes.tell(node, "this must be true or false")
    return _BAD


def _response_format(node: Node, notes: Notes) -> Any:
    if node.value == "json_schema":
        return node.value
    notes.tell(
        node,
        f"a response format {node.value!r} is unknown to the Messages API, so the rule doesn't ask for one",
        "narrow the rule by what the prompt says",
    )
    return None


_READERS: Mapping[str, Callable[[Node, Notes], Any]] = {
    "userMessage": _text,
    "systemMessage": _texts,
    "toolCallId": _name,
    "toolResultContains": _text,
    "toolName": _name,
    "model": _name,
    "responseFormat": _response_format,
    "sequenceIndex": _index,
    "turnIndex": _index,
    "hasToolResult": _flag,
    "context": _name,
}


def conditions(criteria: Criteria, needles: Iterable[str], turn: Any, node: Node, notes: Notes) -> Json:
    """The conditions of a rule.

    Args:
        needles: the user messages of all fixtures: where another one differs by case alone, case has to count.
        turn: the user turns that it may be, as `turn` has them; None for any.
    """
    told, match = criteria.told, {}
    if "userMessage" in told:
        match["any_turn" if _is_behind_tools(criteria) else "text"] = _needle(told["userMessage"], needles)
    if "systemMessage" in told:
        match |= _system(told["systemMessage"])
    if "model" in told:
        match["model"] = _model(told["model"], node.members.get("model", node), notes)
    if "toolName" in told:
        match["tools"] = escaped_glob(told["toolName"])
    if turn is not None:
        match["turn"] = turn
    match |= _results(told, turn)
    wanted: Json = {}
    if "toolCallId" in told:
        wanted["$.messages[-1].content[*].tool_use_id"] = told["toolCallId"]
    if "responseFormat" in told:
        wanted["$.output_config.format.type"] = "json_schema"
    if wanted:
        match["json"] = wanted
    if "context" in told:
        match["headers"] = {"x-aimock-context": escaped_glob(told["context"])}
    return match


def _is_behind_tools(criteria: Criteria) -> bool:
    """Whether the last text of the user may stand before tool results."""
    told = criteria.told
    later = bool(criteria.turn) and told.get("hasToolResult") is not False
    return later or bool(told.get("hasToolResult")) or "toolCallId" in told or "toolResultContains" in told


def _needle(text: str, needles: Iterable[str]) -> Any:
    """The text; as a regular expression where another fixture's text has it in it, but for the case."""
    folded = text.casefold()
    if any(folded in other.casefold() and text not in other for other in needles):
        return {"regex": re.sub(r"\\([ -])", r"\1", re.escape(text))}
    return text


def _system(wanted: Any) -> Json:
    if isinstance(wanted, str):
        return {"system": wanted} if wanted else {"has": "system"}
    return {"system": wanted[0] if len(wanted) == 1 else {"contains": wanted}}


def _results(told: Json, turn: Any) -> Json:
    if "toolResultContains" in told:
        return {"tool_result": told["toolResultContains"]}
    if told.get("hasToolResult") and "toolCallId" not in told:
        return {"tool_result": _ANY_RESULT}
    first_or_said = turn == 1 or "userMessage" in told
    if told.get("hasToolResult") is False and not first_or_said:
        return {"not": {"tool_result": _ANY_RESULT}}
    return {}


def _model(name: str, node: Node, notes: Notes) -> Any:
    """aimock takes a name for itself and for every name that goes on with a dash and a number."""
    names = catalogue.standard().names
    versions = re.compile(re.escape(name) + r"-\d.*")
    meant = {names[known].id for known in names if known == name or versions.fullmatch(known)}
    if not meant:
        told = f"there is no model {name}: a request for it is a 404 here"
        notes.tell(node, told, "write a model that there is, or drop the condition")
        return escaped_glob(name)
    if name not in names:
        return f"{name}-[0-9]*"
    return name if meant == {names[name].id} else {"any": [name, f"{name}-[0-9]*"]}
