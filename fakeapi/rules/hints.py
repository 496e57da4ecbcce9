"""How near a text came to what was wanted, and the one difference that a person would point at.

Never asked of what matches; loaded only when something doesn't.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any, NamedTuple

import orjson

from fakeapi.rules import expressions

LONGEST = 90
"""Characters of a value that are shown."""
_LOOKED_AT = 20_000
"""Characters of a text that are searched for what comes near."""
_MOST_WORDS = 3_000
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
_NEARLY, _LIKE = 0.05, 0.7


class Near(NamedTuple):
    """How far off, from just above 0 to 1; what came, short enough to be shown; and the hint, or ""."""

    distance: float
    came: str
    hint: str = ""


def contains(wanted: str, text: str) -> Near:
    """What a text lacks that should contain another, by its words."""
    if not text:
        return Near(1.0, "(no text)")
    words = _WORD.findall(wanted.casefold())
    came = text[:_LOOKED_AT]
    found = _words(came)
    if not words or not found:
        return Near(1.0, shown(text))
    if all(word in found for word in words):
        return Near(_NEARLY, _around(came, found[words[0]]), _not_in_a_row(wanted))
    return _by_words(words, found, came)


def _not_in_a_row(wanted: str) -> str:
    words = _WORD.findall(wanted)
    if len(words) == 1:
        return f"the word is there, but not {quoted(wanted)} with just these characters around it"
    return "all these words are there, but not in a row: for each by itself write contains: [...]"


def _by_words(words: Sequence[str], found: dict[str, str], came: str) -> Near:
    """The nearest word for each that is missing; the first pair that is close is the hint."""
    likenesses: list[float] = []
    hint = place = ""
    for word in words:
        if word in found:
            likenesses.append(1.0)
            place = place or found[word]
            continue
        close = get_close_matches(word, _alike(word, found), 1, _LIKE)
        likenesses.append(_likeness(word, close[0]) if close else 0.0)
        if close and not hint:
            place = found[close[0]]
            hint = f"you have {quoted(found[close[0]])}, the rule wants {quoted(word)}"
    distance = 1 - sum(likenesses) / len(likenesses)
    if not hint and 0 < sum(1 for likeness in likenesses if likeness == 1.0) < len(words):
        missing = [word for word in words if word not in found]
        hint = f"missing: {', '.join(quoted(word) for word in missing[:3])}"
    return Near(max(distance, _NEARLY), _around(came, place), hint)


def _alike(word: str, found: Iterable[str]) -> list[str]:
    """The words that could be this one, misspelt: of about its length, and beginning or ending as it does."""
    long, head, tail = len(word), word[0], word[-1]
    return [each for each in found if -3 < len(each) - long < 3 and (each[0] == head or each[-1] == tail)]


def _words(text: str) -> dict[str, str]:
    """The words of a text: folded -> as they stand, the first of each."""
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        found.setdefault(word.casefold(), word)
        if len(found) >= _MOST_WORDS:
            break
    return found


def _around(text: str, word: str) -> str:
    """The part of a text in which a word stands."""
    at = max(0, text.find(word)) if word else 0
    begin = max(0, at - LONGEST // 3) if len(text) > LONGEST else 0
    return ("…" if begin else "") + shown(text[begin:])


def equals(wanted: str, text: str) -> Near:
    """What differs between two texts that should be one."""
    if not text:
        return Near(1.0, "(no text)")
    hint = _small_difference(wanted, text)
    if hint:
        return Near(_NEARLY, shown(text), hint)
    likeness = _likeness(wanted[:2000], text[:2000])
    return Near(max(1 - likeness, _NEARLY), shown(text), _first_word(wanted, text) if likeness > 0.5 else "")


def _small_difference(wanted: str, text: str) -> str:
    if wanted.casefold() == text.casefold():
        return "only upper and lower case differ"
    if wanted.split() == text.split():
        return "only the white space differs"
    return ""


def _first_word(wanted: str, text: str) -> str:
    """The first words in which two texts part."""
    mine, theirs = wanted.split(), text.split()
    for index, word in enumerate(mine):
        if index >= len(theirs):
            return f"it ends before {quoted(word)}"
        if theirs[index] != word:
            return f"you have {quoted(theirs[index])}, the rule wants {quoted(word)}"
    return f"it goes on after {quoted(mine[-1])}" if mine and len(theirs) > len(mine) else ""


def regex(wanted: str, text: str) -> Near:
    """Whether a regular expression fails by case alone, or took too long."""
    if not text:
        return Near(1.0, "(no text)")
    if expressions.is_given_up(wanted, text):
        return Near(_NEARLY, shown(text), f"given up after {expressions.PATIENCE:g} s: write it with fewer repeats")
    if expressions.search(wanted, text[:_LOOKED_AT], any_case=True):
        return Near(_NEARLY, shown(text), "only upper and lower case differ: (?i) at its beginning ignores case")
    words = [word for word in _WORD.findall(re.sub(r"\\.|\(\?[^)]*\)|\[[^\]]*\]", " ", wanted)) if len(word) > 2]
    near = contains(" ".join(words), text) if words else Near(1.0, shown(text))
    return Near(max(near.distance, 0.3), near.came, near.hint if near.hint.startswith("you have") else "")


def glob(wanted: str, text: str, translated: str) -> Near:
    """What a glob lacks: it has to cover the whole text."""
    if not text:
        return Near(1.0, "(no text)")
    body = translated.removeprefix("(?s:").removesuffix(r")\Z")
    if body.strip() and re.search(f"(?s:{body})", text[:_LOOKED_AT].casefold()):
        return Near(_NEARLY, shown(text), f"a glob must cover the whole text: *{wanted.strip('*')}*")
    likeness = _likeness(re.sub(r"[*?]", "", wanted).casefold()[:500], text.casefold()[:500])
    return Near(max(1 - likeness, _NEARLY), shown(text))


def names(wanted: str, came: Iterable[str]) -> Near:
    """The nearest of several names."""
    known = list(came)
    if not known:
        return Near(1.0, "(none)")
    plain = re.sub(r"[*?]", "", wanted).casefold()
    best = max(known[:200], key=lambda name: _likeness(plain, name.casefold()))
    likeness = _likeness(plain, best.casefold())
    hint = f"you have {quoted(best)}, the rule wants {quoted(wanted)}" if likeness >= _LIKE and len(known) > 1 else ""
    return Near(max(1 - likeness, _NEARLY), shown(", ".join(known)), hint)


def number(wanted: float, came: Any) -> Near:
    """How far a number is off."""
    if isinstance(came, bool) or not isinstance(came, int | float):
        return Near(1.0, shown(came))
    off = abs(wanted - came) / max(abs(wanted), abs(came), 1)
    return Near(min(max(off, _NEARLY), 1.0), shown(came))


def shown(value: Any) -> str:
    """A value in one line, elided; texts as they are, all else as JSON."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    line = " ".join(text[: LONGEST * 4].split())
    return line if len(line) <= LONGEST and len(text) <= LONGEST * 4 else line[: LONGEST - 1] + "…"


def quoted(text: str) -> str:
    """A word in quotation marks, elided."""
    return f"'{text if len(text) <= 40 else text[:39] + '…'}'"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() if one and other else 0.0
