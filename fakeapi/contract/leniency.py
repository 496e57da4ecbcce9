"""What can be read of a body that the contract refuses: its faulty parts left out, so that it can be answered."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fakeapi.facts.schemas import compiled
from fakeapi.model import Caller, Json

_FAULTS_MENDED = 200
_MISSING: Json = {"model": "unknown", "max_tokens": 1024, "messages": []}
"""What stands in for the required members of a request."""


def readable(body: Json, *, schema: str, caller: Caller) -> Json:
    """A body of the right shape: what has the wrong type or lacks something required is left out, and defaults put in.

    A body with more faults than can be mended reads as an empty request.
    """
    contract = compiled(schema, caller.version, caller.betas, "shape")
    mended: Json = {**_required(schema), **deepcopy(body)}
    for _ in range(_FAULTS_MENDED):
        fault = contract.first_fault(mended)
        if fault is None:
            return mended
        _leave_out(mended, fault.place)
        mended = {**_required(schema), **mended}
    return _required(schema)


def _required(schema: str) -> Json:
    return {
        name: value for name, value in _MISSING.items() if schema.endswith("message_request") or name != "max_tokens"
    }


def _leave_out(body: Json, place: tuple[str | int, ...]) -> None:
    """Remove the part where a fault is; where something is missing, the smallest part that lacks it.

    What is no key of the body on the way is the tag of a union.
    """
    steps: list[tuple[Any, str | int]] = []
    node: Any = body
    for part in place:
        if _holds(node, part):
            steps.append((node, part))
            node = node[part]
    if not steps:
        body.clear()
        return
    parent, key = steps[-1]
    del parent[key]


def _holds(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)
