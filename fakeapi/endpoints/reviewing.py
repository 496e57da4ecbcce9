"""Looking back at what came: an exchange of the journal as a rule would see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakeapi.contract import leniency
from fakeapi.endpoints.admission import SCHEMAS
from fakeapi.facts import catalogue
from fakeapi.memory.entries import Entry
from fakeapi.memory.verification import Pattern
from fakeapi.model import Call, Caller, Json, Mismatch, Rule
from fakeapi.rules.loading.document import rules_of
from fakeapi.rules.loading.reader import Known

_NO_JSON = (Mismatch("request", "a message request", "a body that can't be read"),)


def pattern(known: Known) -> Callable[[Json, str], Pattern]:
    """A maker of patterns from `match` objects, for verification. It raises RulesError for one that can't be read."""

    def of(match: Json, place: str) -> Pattern:
        (rule,) = rules_of({"match": match, "respond": ""}, place, known)
        return Pattern(_told(match), lambda entry: lacks(rule, entry))

    return of


def lacks(rule: Rule, entry: Entry) -> tuple[Mismatch, ...]:
    """What an exchange lacks of what a rule wants."""
    call = call_of(entry)
    return _NO_JSON if call is None else rule.match.mismatches(call, entry.headers)


def call_of(entry: Entry) -> Call | None:
    """The call that an exchange was, whatever the contract said of it; None where its body can't be read."""
    body = entry.request
    if not isinstance(body, dict):
        return None
    betas = frozenset(beta for part in entry.headers.get("anthropic-beta", "").split(",") if (beta := part.strip()))
    known = betas & catalogue.known_betas()
    caller = Caller("", entry.headers.get("anthropic-version", "2023-06-01"), known)
    body = leniency.readable(body, schema=SCHEMAS["messages"], caller=Caller("", "2023-06-01", known))
    model = catalogue.resolve(body["model"]) or catalogue.all_models()[0]
    return Call(body, model, caller)


def _told(match: Any) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in match.items())
