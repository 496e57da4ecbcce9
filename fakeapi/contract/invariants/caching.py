"""Cache markers: how many, on what, and in which order of lifetimes (contract.md 11)."""

from __future__ import annotations

from fakeapi.contract.invariants.reading import kind_of, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts.sentences import refusal

MOST_MARKS = 4


def marked_texts(seen: Survey) -> None:
    """An empty text is not marked."""
    for mark in seen.marks:
        if kind_of(mark.block) == "text" and not text_of(mark.block):
            location = mark.location + (".text" if mark.location.startswith("messages.") else "")
            raise refusal("cache_mark_on_empty_text", location=location)


def count(seen: Survey) -> None:
    """Four markers at most; the automatic one takes a slot."""
    if len(seen.marks) > MOST_MARKS:
        raise refusal("cache_marks_many", limit=MOST_MARKS, count=len(seen.marks))
    if seen.field("cache_control") and len(seen.marks) == MOST_MARKS:
        raise refusal("cache_slot_missing", limit=MOST_MARKS)


def order(seen: Survey) -> None:
    """Longer lifetimes come first."""
    short = False
    for mark in seen.marks:
        if mark.ttl == "1h" and short:
            raise refusal("cache_ttl_order", location=mark.location)
        short = short or mark.ttl == "5m"
    location = _automatic(seen)
    if location and short and text_of(seen.field("cache_control"), "ttl") == "1h":
        raise refusal("cache_ttl_order", location=location)


def _automatic(seen: Survey) -> str:
    """Where automatic caching puts its mark; "" where it puts none."""
    last = seen.turns[-1] if seen.turns else None
    if last is None or not last.blocks or not seen.field("cache_control"):
        return ""
    marked = type(last.blocks[-1]) is not dict or last.blocks[-1].get("cache_control") is not None
    return "" if marked else f"messages.{last.at}.content.{len(last.blocks) - 1}"


def automatic(seen: Survey) -> None:
    """Automatic caching marks the last block; one that is marked already must say the same."""
    control = seen.field("cache_control")
    last = seen.turns[-1].blocks[-1:] if seen.turns else []
    if not control or not last or not seen.message_marks or seen.message_marks[-1].block is not last[0]:
        return
    if seen.message_marks[-1].ttl != (text_of(control, "ttl") or "5m"):
        raise refusal("cache_automatic_ttl", location=seen.message_marks[-1].location)
