"""How a text is read before it is counted: cleaned, taken apart into words and the gaps between them, and marked.

A word is letters and their accents, with the English contractions after it (`don't`). A gap is all between two
words: spaces, digits, punctuation, and characters that stand alone (Han, Hangul, emoji).
The rules are those that ctok measured (MIT, Sander Land); rare scripts are read more simply here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from fakeapi import assets
from fakeapi.facts.vocabulary import BEGIN, CAPITALS, END, FREE_SPACE, SHIFT, Vocabulary

_CONTRACTIONS = "'(?:ll|re|ve|[stdm])"
_CONTRACTED = re.compile(f"((?:{_CONTRACTIONS})+)\\Z")
_DROPPED = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff]+")
_SPACES = re.compile("[\x00\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\ud800-\udfff\ue000-\uf8ff]")
_PLAIN_ASCII = bytes(range(0x20, 0x7F)) + b"\n\t"
_CURLY = (("\u2018", "'"), ("\u2019", "'"), ("\u201c", '"'), ("\u201d", '"'))
_DIGIT = re.compile("[1-9]")
_ALIKE = str.maketrans("123456789", "000000000")
_NEVER_SMALL = frozenset("\u0130\u1e9e")


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The patterns that take a text apart.

    Attributes:
        word: a word with its contractions, as a group, so that splitting by it gives gaps and words in turn.
        begins: the space after which a mark of beginning belongs, before punctuation and the like.
        ends: the single space before which a mark of ending belongs, after punctuation and the like.
        run: a stretch of one kind within a marked gap.
        alone: a stretch of characters that stand alone.
    """

    word: re.Pattern[str]
    begins: re.Pattern[str]
    ends: re.Pattern[str]
    run: re.Pattern[str]
    alone: re.Pattern[str]


@cache
def reading(ascii_only: bool) -> Reading:
    """The patterns for texts of ASCII alone (fast), or for any text."""
    kinds = {} if ascii_only else {name: _class(ranges) for name, ranges in _ranges().items()}
    letters, arabic = "A-Za-z" + kinds.get("letters", ""), kinds.get("digits", "")
    marks = "!-/:-@\\[-`{-~" + kinds.get("punctuation", "")
    symbols, numbers = kinds.get("symbols", ""), kinds.get("numbers", "")
    sided = [kind for kind in (marks, symbols, numbers, arabic) if kind]
    grouped = [marks, symbols, numbers, "0-9" + arabic]
    anywhere = "".join(sided)
    return Reading(
        word=re.compile(f"([{letters}]+(?:{_CONTRACTIONS}(?![{letters}]))*)"),
        begins=re.compile(f" (?!'{BEGIN})(?=[{anywhere}])"),
        ends=re.compile(f"(?<=[{anywhere}]) (?! )"),
        run=re.compile(
            f"{FREE_SPACE}| +|\n+|\t+|\u3000+|"
            + "|".join(f"{BEGIN}?[{kind}]+{END}?" for kind in grouped if kind)
            + f"|[{BEGIN}{CAPITALS}]|[^{BEGIN}-{FREE_SPACE} \t\n\u30000-9{anywhere}]+"
        ),
        alone=re.compile(f"[^{BEGIN}-{FREE_SPACE} \t\n\u30000-9{anywhere}]+"),
    )


def clean(text: str, known: Vocabulary) -> str:
    """The text as it is counted: composed, without control characters, with plain spaces and quotes."""
    if text.isascii():
        return _SPACES.sub(" ", _DROPPED.sub("", text)) if text.encode().translate(None, _PLAIN_ASCII) else text
    if _ODD.search(text):
        text = _SPACES.sub(" ", _DROPPED.sub("", _SURROGATES.sub("\ufffd", text)))
    if known.fold_quotes:
        for curly, straight in _CURLY:
            text = text.replace(curly, straight)
    return unicodedata.normalize("NFC", text)


def alike(text: str) -> str:
    """The text with all ASCII digits alike, since a number costs by its length alone (three digits are one token)."""
    return text.translate(_ALIKE) if text.isascii() else _DIGIT.sub("0", text)


def opened(text: str, known: Vocabulary) -> str:
    """The text without the one space at its head, where the beginning of a turn stands for that."""
    return text[1:] if known.marked_start and text[:1] == " " and text[1:2] not in ("", " ") else text


def marked_word(word: str, known: Vocabulary) -> list[str]:
    """A word as the runs that are counted apart: itself, then its contractions."""
    if "'" not in word:
        return [small(word, known.capitals_from)]
    stem, endings, _ = _CONTRACTED.split(word)
    return [small(stem, known.capitals_from), *(f"'{ending}{END}" for ending in endings[1:].split("'"))]


def small(word: str, capitals_from: int | None) -> str:
    """A word without contractions between its marks, small where a mark can say how it was written."""
    small = word.lower()
    if small == word or len(small) != len(word) or not _NEVER_SMALL.isdisjoint(word):
        return BEGIN + word + END
    if capitals_from is not None and len(word) >= capitals_from and word.isupper() and all(map(str.isupper, word)):
        return CAPITALS + BEGIN + small.replace("ς", "σ") + END
    if word[0] != small[0] and word[1:] == small[1:]:
        return SHIFT + BEGIN + small + END
    return BEGIN + word + END


def marked_gap(gap: str, known: Vocabulary, *, first: bool = False, last: bool = False) -> list[str]:
    """A gap as marked runs; `first`: it opens the text, `last`: it ends it, otherwise words are beside it.

    The one space between two runs that both mark their sides costs nothing.
    """
    if not gap:
        return []
    patterns = reading(gap.isascii())
    left, right = "" if first else END, "" if last else BEGIN
    marked = f"{left}{gap}{right}"
    if " " in gap:
        marked = patterns.begins.sub(" " + BEGIN, patterns.ends.sub(END + " ", marked))
        marked = marked.replace(f"{END} {BEGIN}", f"{END}{FREE_SPACE}{BEGIN}")
    marked = marked[len(left) : len(marked) - len(right)]
    if first and known.marked_start and gap[0] != " ":
        marked = (CAPITALS if gap == "'" and not last else BEGIN) + marked
    return patterns.run.findall(marked)


@cache
def _ranges() -> dict[str, str]:
    data: dict[str, str] = assets.read_json("fixtures/tokens/characters.json")
    return {name: ranges for name, ranges in data.items() if name != "about"}


def _class(ranges: str) -> str:
    """Ranges `aa c0-d6` as the inside of a character class."""
    ends = (span.partition("-") for span in ranges.split())
    return "".join(f"\\u{low:0>4}" + (f"-\\u{high:0>4}" if high else "") for low, _, high in ends)
