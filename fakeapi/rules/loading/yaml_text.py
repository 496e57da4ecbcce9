"""From YAML to nodes: the events of PyYAML, bounded, without tags, and read as YAML 1.2 reads them (`no` is a text)."""

from __future__ import annotations

import re
from typing import Any

from fakeapi.rules.loading.nodes import Node, Place, Tell, UnreadableError, twice
from fakeapi.rules.loading.yaml_faults import fault_in_words

DEEPEST = 100
"""Levels of nesting."""
MOST_NODES = 1_000_000
"""Values of a file, those that aliases repeat counted each time."""

_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_NULL = ("", "~", "null", "Null", "NULL")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_BASED = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MERGE = "<<"


def read_yaml(text: str, tell: Tell) -> Node:
    """The tree of a YAML text; an empty one is null.

    `tell` is told of keys that stand twice; UnreadableError is raised at the first thing that can't be read.
    """
    import yaml

    loader: Any = getattr(yaml, "CLoader", None) or yaml.Loader
    try:
        return _Builder(loader(text), tell).document()
    except yaml.YAMLError as fault:
        raise fault_in_words(fault, text) from None


def scalar(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2."""
    first = text[:1]
    if first in "tTfFnN~" and (text in _TRUE or text in _FALSE or text in _NULL):
        return None if text in _NULL else text in _TRUE
    if not first or first not in "+-.0123456789":
        return text if text else None
    if _WHOLE.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    number = float(text) if _FLOAT.fullmatch(text) else text
    return text if number in (float("inf"), float("-inf")) else number


class _Builder:
    """Builds the tree from a parser's events."""

    def __init__(self, parser: Any, tell: Tell) -> None:
        self._tell = tell
        self._next = parser.get_event
        self._anchors: dict[str, Node] = {}
        self._weights: dict[int, int] = {}
        self._open: set[int] = set()
        self._nodes = 0

    def document(self) -> Node:
        """The only document of the text."""
        self._next()
        if type(self._next()).__name__ == "StreamEndEvent":
            return Node(None, (1, 1))
        root = self._node(self._next(), 0)
        self._next()
        event = self._next()
        if type(event).__name__ != "StreamEndEvent":
            raise UnreadableError(_place(event), "a second document begins here", "put all rules into one list")
        return root

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event)
        self._count(1, event)
        if event.tag and not (kind == "ScalarEvent" and event.tag == "!"):
            name = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise UnreadableError(_place(event), f"tags mean nothing here: {name}", "put a text with ! in quotes")
        if depth > DEEPEST:
            raise UnreadableError(_place(event), f"nested deeper than {DEEPEST} levels")
        if kind == "ScalarEvent":
            node = _scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = node
            return node
        return self._collection(event, kind, depth)

    def _collection(self, event: Any, kind: str, depth: int) -> Node:
        before, node = self._nodes, Node(None, _place(event))
        if event.anchor:
            self._anchors[event.anchor] = node
        self._open.add(id(node))
        if kind == "MappingStartEvent":
            self._mapping(node, depth)
        else:
            self._sequence(node, depth)
        self._open.discard(id(node))
        if event.anchor:
            self._weights[id(node)] = self._nodes - before + 1
        return node

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            mend = f"a text that begins with * stands in quotes: '*{event.anchor}'"
            raise UnreadableError(_place(event), f"nothing is anchored as &{event.anchor}", mend)
        if id(node) in self._open:
            raise UnreadableError(_place(event), f"&{event.anchor} contains itself")
        self._count(self._weights.get(id(node), 1), event)
        return node

    def _count(self, nodes: int, event: Any) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise UnreadableError(_place(event), f"more than {MOST_NODES:,} values, those that aliases repeat included")

    def _sequence(self, node: Node, depth: int) -> None:
        event = self._next()
        while type(event).__name__ != "SequenceEndEvent":
            node.items.append(self._node(event, depth + 1))
            event = self._next()
        node.value = [item.value for item in node.items]

    def _mapping(self, node: Node, depth: int) -> None:
        merged: list[Node] = []
        event = self._next()
        while type(event).__name__ != "MappingEndEvent":
            key = _key(event)
            value = self._node(self._next(), depth + 1)
            if key == _MERGE and not event.style:
                merged += value.items or [value]
            elif key in node.members:
                self._tell(twice(key, _place(event), node.keys[key]))
            else:
                node.members[key] = value
                node.keys[key] = _place(event)
            event = self._next()
        for base in merged:
            node.members = {**base.members, **node.members}
            node.keys = {**base.keys, **node.keys}
        node.value = {name: member.value for name, member in node.members.items()}


def _key(event: Any) -> str:
    if type(event).__name__ != "ScalarEvent":
        raise UnreadableError(_place(event), "a key must be a text", "put a text that begins with [, { or * in quotes")
    return str(event.value)


def _scalar(event: Any) -> Node:
    text: str = event.value
    if event.implicit[0]:
        return Node(scalar(text), _place(event), written=text)
    return Node(text, _place(event), written=text)


def _place(event: Any) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1)
