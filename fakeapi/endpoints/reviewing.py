"""Looking back at what came: an exchange of the journal as a rule would see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from fakeapi.contract import leniency
from fakeapi.endpoints.admission import SCHEMAS
from fakeapi.facts import catalogue
from fakeapi.facts.schemas import compiled
from fakeapi.memory.entries import Entry
from fakeapi.memory.verification import Pattern
from fakeapi.model import Call, Caller, Json, Mismatch, Model, Rule
from fakeapi.rules.loading.document import rules_of
from fakeapi.rules.loading.reader import Known

_NO_JSON = (Mismatch("request", "a message request", "a body that can't be read"),)
_VERSION = "2023-06-01"
_SCHEMA = SCHEMAS["messages"]
_LATELY = 4
"""Exchanges of which what was read is remembered: hundreds may wait for the same one."""
_NO_MODELS: Mapping[str, Model] = MappingProxyType({})


def pattern(known: Known, models: Mapping[str, Model] = _NO_MODELS) -> Callable[[Json, str], Pattern]:
    """A maker of patterns from `match` objects, for verification. It raises RulesError for one that can't be read.

    `models` are those of a server by every name they have; by default those of the standard catalogue. A pattern
    looks at each exchange once.
    """

    def of(match: Json, place: str) -> Pattern:
        (rule,) = rules_of({"match": match, "respond": ""}, place, known)
        found: dict[int, tuple[Mismatch, ...]] = {}

        def lacking(entry: Entry) -> tuple[Mismatch, ...]:
            if entry.number not in found:
                found[entry.number] = lacks(rule, entry, models)
            return found[entry.number]

        return Pattern(_told(match), lacking)

    return of


def lacks(rule: Rule, entry: Entry, models: Mapping[str, Model] = _NO_MODELS) -> tuple[Mismatch, ...]:
    """What an exchange lacks of what a rule wants."""
    call = _call_of(entry)
    if call is None:
        return _NO_JSON
    known = models or catalogue.standard().names
    own = known.get(call.body["model"])
    return rule.match.mismatches(call if own is None else replace(call, model=own), entry.headers)


def call_of(entry: Entry) -> Call | None:
    """The call that an exchange was, whatever the contract said of it; None where its body can't be read."""
    body = entry.request
    if not isinstance(body, dict):
        return None
    betas = frozenset(beta for part in entry.headers.get("anthropic-beta", "").split(",") if (beta := part.strip()))
    known = betas & catalogue.known_betas()
    version = entry.headers.get("anthropic-version", _VERSION)
    if compiled(_SCHEMA, version, known, "shape").first_fault(body) is not None:
        body = leniency.readable(body, schema=_SCHEMA, caller=Caller("", version, known))
    return Call(body, _stranger(body["model"]), Caller("", version, betas))


_call_of = lru_cache(maxsize=_LATELY)(call_of)


@lru_cache(maxsize=64)
def _stranger(name: str) -> Model:
    """A model that has only a name."""
    return replace(catalogue.all_models()[0], id=name, aliases=())


def _told(match: Any) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in match.items())
