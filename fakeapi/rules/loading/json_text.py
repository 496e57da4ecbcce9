"""From JSON to nodes: the values of a JSON text with the places where they stand."""

from __future__ import annotations

import re

import orjson

from fakeapi.rules.loading.nodes import Node, Place, Tell, UnreadableError, twice
from fakeapi.rules.loading.yaml_text import DEEPEST

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


def read_json(text: str, tell: Tell) -> Node:
    """The tree of a JSON text. `tell` is told of keys that stand twice; UnreadableError for what is no JSON."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise _in_words(fault, text) from None
    if isinstance(value, dict | list):
        return _Builder(text, tell).node(0)
    return Node(value, (1, 1), written=text.strip())


def _in_words(fault: orjson.JSONDecodeError, text: str) -> UnreadableError:
    if not text.strip():
        return UnreadableError((1, 1), "the file is empty", "write [] for no rules")
    before = text[: fault.pos].rstrip()
    mend = "drop it" if "trailing comma" in fault.msg else ""
    if before.endswith(('"', "}", "]")) and text[fault.pos : fault.pos + 1] in ('"', "{", "["):
        mend = "put a comma before it"
    return UnreadableError((fault.lineno, fault.colno), f"not valid JSON: {fault.msg}", mend)


class _Builder:
    """Builds the tree of a text that is known to be JSON."""

    def __init__(self, text: str, tell: Tell) -> None:
        self._tell = tell
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._tokens = _TOKEN.finditer(text)
        self._line = 0

    def node(self, depth: int) -> Node:
        """The next value."""
        return self._value(next(self._tokens), depth)

    def _value(self, token: re.Match[str], depth: int) -> Node:
        place, text = self._place(token), token[0]
        if depth > DEEPEST:
            raise UnreadableError(place, f"nested deeper than {DEEPEST} levels")
        if text == "[":
            return self._list(Node(None, place), depth)
        if text == "{":
            return self._mapping(Node(None, place), depth)
        value = orjson.loads(text)
        return Node(value, place, written=value if isinstance(value, str) else text)

    def _list(self, node: Node, depth: int) -> Node:
        for token in self._tokens:
            if token[0] == "]":
                break
            if token[0] != ",":
                node.items.append(self._value(token, depth + 1))
        node.value = [item.value for item in node.items]
        return node

    def _mapping(self, node: Node, depth: int) -> Node:
        for token in self._tokens:
            if token[0] == "}":
                break
            if token[0] == ",":
                continue
            key: str = orjson.loads(token[0])
            place = self._place(token)
            if key in node.keys:
                self._tell(twice(key, place, node.keys[key]))
            next(self._tokens)
            node.keys[key] = place
            node.members[key] = self.node(depth + 1)
        node.value = {name: member.value for name, member in node.members.items()}
        return node

    def _place(self, token: re.Match[str]) -> Place:
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= token.start():
            self._line += 1
        return (self._line + 1, token.start() - self._starts[self._line] + 1)
