"""How deep a JSON value is nested."""

from __future__ import annotations

from typing import Any


def is_deeper(value: Any, levels: int) -> bool:
    """Whether a parsed JSON value has more levels of objects and lists than `levels`; never recurses."""
    layer: list[Any] = [[value]]
    for _ in range(levels + 1):
        layer = [
            child
            for node in layer
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not layer:
            return False
    return True
