"""Documents, search results and citations: who may send them, and with what (contract.md 0, 5, 13)."""

from __future__ import annotations

from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.contract.invariants.reading import as_object, kind_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts.sentences import refusal
from fakeapi.model import Json

_CITED = ("document", "search_result")


def citations_agree(seen: Survey) -> None:
    """Citations are on for all documents, or for none; likewise for search results."""
    for kind in _CITED:
        wishes = {_cites(place.body) for place in seen.of(kind)}
        if len(wishes) > 1:
            raise refusal(f"citations_mixed_{kind}")


def citations_without_format(seen: Survey) -> None:
    """An answer held to a schema can't cite."""
    if seen.format is not None and any(_cites(place.body) for place in seen.of(*_CITED)):
        raise refusal("citations_with_format")


def _cites(block: Json) -> bool:
    return as_object(block.get("citations")).get("enabled") is True


def search_results_alone(seen: Survey) -> None:
    """A tool result that holds a search result holds nothing else."""
    for place in seen.of("tool_result") if "search_result" in seen.places else ():
        content: Any = place.body.get("content")
        kinds = {kind_of(block) for block in content} if type(content) is list else set()
        if "search_result" in kinds and len(kinds) > 1:
            raise refusal("search_results_mixed", location=place.location)


def roles_of_blocks(seen: Survey) -> None:
    """What newer versions took out: documents of the assistant, citations in a user's text."""
    rules = _versions().get(seen.call.caller.version, {})
    roles = {turn.at: turn.role for turn in seen.turns} if rules else {}
    for place in seen.of("document") if rules.get("assistant_documents") is False else ():
        if roles[place.message] == "assistant":
            raise refusal("document_by_assistant", index=place.message)
    for place in seen.of("text") if rules.get("user_citations") is False else ():
        if roles[place.message] == "user" and place.body.get("citations"):
            raise refusal("citations_by_user", location=place.location)


@cache
def _versions() -> Json:
    rules: Json = assets.read_json("fixtures/version_rules.json")
    return rules
