"""Encrypted contents sent back: what searches and code left in the conversation must be as it was made.

Ours are fully verified; foreign ones of the real form are accepted, so that recorded conversations replay. What is an
error, or has nothing encrypted, is no matter of these rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.contract.invariants.reading import as_object, kind_of, objects, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts.sentences import refusal
from fakeapi.facts.signatures import verify_sealed

CODE_RESULTS = ("code_execution_tool_result", "bash_code_execution_tool_result")
_SENTENCES = {
    "web_search_result": "search_result_unreadable",
    "web_search_result_location": "search_quote_unreadable",
    "code_execution_result": "code_output_unreadable",
}


def search_results(seen: Survey) -> None:
    """Each result of a search holds what the search found."""
    for place in seen.of("web_search_tool_result"):
        for item in objects(place.body.get("content")):
            if kind_of(item) == "web_search_result":
                _check(text_of(item, "encrypted_content"), "web_search_result", "encrypted_content", place.location)


def quotes(seen: Survey) -> None:
    """Each quote of a search's result points at where it was quoted; asked where there are such results."""
    for place in seen.of("text") if "web_search_tool_result" in seen.places else ():
        for citation in objects(place.body.get("citations")) if place.body.get("citations") else ():
            if kind_of(citation) == "web_search_result_location":
                token = text_of(citation, "encrypted_index")
                _check(token, "web_search_result_location", "encrypted_index", place.location)


def outputs(seen: Survey) -> None:
    """What code put out that saw the results of searches."""
    for location, content in _code_results(seen):
        if kind_of(content) == "encrypted_code_execution_result":
            _check(text_of(content, "encrypted_stdout"), "code_execution_result", "encrypted_stdout", location)


def _code_results(seen: Survey) -> Iterator[tuple[str, dict[str, object]]]:
    for place in seen.of(*CODE_RESULTS):
        yield place.location, as_object(place.body.get("content"))


def _check(token: str, purpose: str, member: str, location: str) -> None:
    if not verify_sealed(token, purpose).accepted:
        raise refusal(_SENTENCES[purpose], location=location, member=member)
