"""Whether a text plainly asks for a tool: by its name, or by a clear overlap with its name and description.

The words are data: `fixtures/replies/asking.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from fakeapi import assets
from fakeapi.model import Json
from fakeapi.replies.sampling.naming import words

_LONG = 1500
_EDGE = 500
_FIRST_SENTENCE = 160
_BY_NAME, _BY_WORDS = 9, 5
_ENDINGS = re.compile(r"(?<=\w{3})(?:ations?|ators?|ating|ated|ates?|ations|ies|ings?|ions?|ors?|ers?|ed|es|s|e|y)$")
_SHORT_ENDINGS = re.compile(r"(?<=\w{3})[sey]$")
_WORD = re.compile(r"[a-z0-9àáâäãåçèéêëìíîïñòóôöõùúûüýß]+(?:'[a-z]+)?")
_CLAUSE = r"(?:^|[.!?;:,\n]\s*|\b(?:and|then|please|you|to|now|must|should|also|first|next)\s+)"
_DETERMINERS = r"(?:(?:the|a|an|your|my|this|that|available|provided|given|registered|necessary|background)\s+)*"
_GENERAL = re.compile(
    rf"\b(?:use|call|using|invoke|try|with)\s+(?P<all>both|all|all of)?\s*{_DETERMINERS}(?:background\s+)?tools?\b",
    re.I,
)


class Asked(NamedTuple):
    """A tool that is asked for: how surely (higher is surer), what it shares with others, where it is spoken of."""

    tool: Json
    score: float
    shared: frozenset[str]
    position: int


def asked_for(text: str, tools: list[Json]) -> list[Json]:
    """The tools that a text asks for, in the order in which it speaks of them; none where it wants none."""
    said = focus(text)
    if not said or wants_no_tools(said):
        return []
    known_words = said.lower()
    named = [found for tool in tools if _may_be_named(known_words, tool) and (found := _named(said, tool))]
    if any(found.score == _BY_NAME for found in named):
        return _in_order(named)
    if len(heard(text)) <= _LONG:
        known = [found.tool for found in named]
        named += [found for tool in tools if tool not in known and (found := _overlapping(said, tool))]
    return _in_order(_apart(named)) or _generally(said, tools)


def _in_order(found: Iterable[Asked]) -> list[Json]:
    return [asked.tool for asked in sorted(found, key=lambda asked: asked.position)]


def wants_no_tools(text: str) -> bool:
    """Whether the user forbids tools."""
    return bool(re.search(_table()["refusals"], text, re.I))


def wants_one_at_a_time(text: str) -> bool:
    """Whether the user wants the tools one after the other."""
    return bool(re.search(_table()["in_turn"], text, re.I | re.S))


def gives_the_answer(tool: Json) -> bool:
    """Whether a tool is how a client takes the answer itself: structured output by a tool."""
    return _takes_answers(str(tool.get("name", "")), str(tool.get("description") or "")[:300])


@lru_cache(maxsize=1024)
def _takes_answers(name: str, description: str) -> bool:
    rules, name, description = _table()["answers"], name.lower(), description.lower()[:300]
    if name in rules["names"] or name.startswith(tuple(rules["starts"])):
        return True
    return any(phrase in description for phrase in rules["descriptions"])


def heard(text: str) -> str:
    """What the user said: without reminders that a client put in."""
    return re.sub(_table()["reminders"], " ", text, flags=re.S).strip() if "<" in text else text.strip()


def focus(text: str) -> str:
    """What the user said; of a long text, its two ends."""
    said = heard(text)
    return said if len(said) <= _LONG else f"{said[:_EDGE]}\n{said[-_EDGE:]}"


def _may_be_named(text: str, tool: Json) -> bool:
    """A quick look: a name is there only where its words are. Letters outside of ASCII have other small ones."""
    name = _short(str(tool.get("name") or ""))
    return not text.isascii() or not name.isascii() or name.lower() in text or all(word in text for word in words(name))


def _named(said: str, tool: Json) -> Asked | None:
    """By its name as it is written, or by the words of its name one after the other (`get weather`)."""
    name = str(tool.get("name") or "")
    parts = words(_short(name))
    for score, pattern in ((_BY_NAME, _calling(name)), (_BY_WORDS, _phrased(parts) if len(parts) > 1 else None)):
        for found in pattern.finditer(said) if name and pattern else ():
            if not _denied(said[: found.start()]):
                return Asked(tool, score, frozenset(map(stem, parts)), found.start())
    return None


@lru_cache(maxsize=2048)
def _calling(name: str) -> re.Pattern[str]:
    """Finds the name of a tool; one that is a plain word only where it is used as a name."""
    short = re.escape(_short(name))
    as_tool = rf"\b{short}[`'\"]?\s+(?:tool|function)\b|[`'\"]{short}[`'\"]"
    called = rf"\b(?:[Uu]se|[Cc]all|[Uu]sing|[Ii]nvoke|[Cc]alling|via)\s+{_DETERMINERS}[`'\"]?{short}\b(?!\s+of\b)"
    whole = rf"(?<![\w-])(?:{re.escape(name)}|{short})(?![\w-])" if len(words(_short(name))) > 1 else called
    return re.compile(f"{whole}|{as_tool}", re.I if name.islower() and whole is called else 0)


@lru_cache(maxsize=2048)
def _phrased(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b" + r"[\s_-]?".join(map(re.escape, parts)) + r"(?!\w)", re.I)


def _short(name: str) -> str:
    """A tool's own name: `mcp__github__list_issues` is list_issues."""
    return name.rsplit("__", 1)[-1] or name


def _denied(before: str) -> bool:
    return bool(re.search(r"\b(?:don't|do not|never|without|avoid|not)\s+(?:\w+\s+){0,2}(?:the\s+)?$", before, re.I))


def _overlapping(said: str, tool: Json) -> Asked | None:
    """By what it is about: the nouns of its name, its verb as a command, its description, or a clue."""
    text, name = said.lower(), _short(str(tool.get("name") or ""))
    spoken = _positions(text)
    nouns, verbs = _parts(name)
    shared = {stem for stem in nouns if stem in spoken}
    commanded = any(_commands(text, verb) for verb in verbs)
    if nouns and len(shared) >= _needed(len(nouns)) and (commanded or _is_meant(text, nouns, shared)):
        return Asked(tool, len(shared) + commanded, frozenset(shared), min(spoken[stem] for stem in shared))
    if not nouns and commanded and not {"tool", "tools"} & set(verbs) and _has_evidence(text, spoken, tool, verbs):
        return Asked(tool, 1, frozenset(verbs), 0)
    if told := _told(text, tool):
        return told
    if at := _clued(text, tool):
        return Asked(tool, 1, frozenset({name}), at - 1)
    described = _described(tool, spoken)
    if described:
        return Asked(tool, 0.5, described, min(spoken[stem] for stem in described))
    return None


def _needed(nouns: int) -> int:
    """How many nouns of a name must be said: all of two, two of three ..."""
    return nouns if nouns <= 2 else nouns - nouns // 3


def _parts(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The stems of what a name speaks of, and the verbs it has beside them."""
    parts = [word.rstrip("0123456789") for word in words(name)]
    parts = [word for word in parts if len(word) > 1]
    acts = _words("acts")
    nouns = tuple(dict.fromkeys(stem(word) for word in parts if word not in acts))
    return nouns, tuple(word for word in parts if word in acts)


def _is_meant(text: str, nouns: tuple[str, ...], shared: set[str]) -> bool:
    """A weak noun alone says little: it must be asked for."""
    weak = {stem(word) for word in _words("weak")}
    if len(nouns) > 1 or not shared <= weak:
        return True
    noun = next(iter(shared))
    return bool(re.search(rf"\b(?:what|which|what's|current|check|whats)\b[^.?!]{{0,40}}\b{re.escape(noun)}", text))


def _commands(text: str, verb: str) -> bool:
    """Whether a verb is a command to someone: at the start of a clause."""
    return bool(re.search(rf"{_CLAUSE}{re.escape(verb)}\b", text))


def _has_evidence(text: str, spoken: dict[str, int], tool: Json, verbs: tuple[str, ...]) -> bool:
    """More than a verb that is often said: a word of the description, a path, some code, a number for a number."""
    if not any(verb in _words("loose") for verb in verbs):
        return True
    own = {stem(verb) for verb in verbs}
    described = stems(_first_sentence(tool)) - own
    return bool(described & spoken.keys()) or bool(re.search(r"`[^`]+`|\b\w+\.[a-z]{2,4}\b|(?<!\w)/\w+", text))


def _told(text: str, tool: Json) -> Asked | None:
    """By the words that are known to ask for a tool of Anthropic's; of a toolset, one member is asked for."""
    shared = frozenset({str(tool.get("toolset_name") or tool.get("name"))})
    for score, phrases in ((2, tool.get("said") or []), (0.5, tool.get("family") or [])):
        found = [text.find(phrase) for phrase in phrases if phrase in text]
        if found:
            return Asked(tool, score, shared, min(found))
    return None


def _clued(text: str, tool: Json) -> int:
    """The position (from 1) of a clue that the text has for this tool, 0 where there is none."""
    about = f"{_short(str(tool.get('name') or ''))} {_first_sentence(tool)}".lower()
    for clue in _clues(about):
        if found := clue.search(text):
            return found.start() + 1
    return 0


@lru_cache(maxsize=1024)
def _clues(about: str) -> list[re.Pattern[str]]:
    """What asks for a tool of that name and description."""
    return [re.compile(clue["text"]) for clue in _table()["clues"] if re.search(clue["tool"], about)]


def _described(tool: Json, spoken: dict[str, int]) -> frozenset[str]:
    """What text and description share, if that is at least two words and much of the text."""
    shared = stems(_first_sentence(tool)) & spoken.keys()
    return frozenset(shared) if len(shared) >= 2 and len(shared) >= 0.4 * len(spoken) else frozenset()


def _apart(found: list[Asked]) -> Iterator[Asked]:
    """Of tools that are meant by the same words, the one that fits best."""
    taken: set[str] = set()
    for asked in sorted(found, key=lambda asked: -asked.score):
        if taken.isdisjoint(asked.shared):
            taken |= asked.shared
            yield asked


def _generally(said: str, tools: list[Json]) -> list[Json]:
    """`Use the tool`: the one there is, or the one it fits best; `both tools`: all."""
    found = _GENERAL.search(said)
    if not found or not tools:
        return []
    if found["all"]:
        return tools
    spoken = _positions(said.lower())
    return [max(tools, key=lambda tool: len(stems(f"{_first_sentence(tool)} {tool.get('name')}") & spoken.keys()))]


def _first_sentence(tool: Json) -> str:
    description = tool.get("description")
    said = description[: 2 * _FIRST_SENTENCE].strip() if isinstance(description, str) else ""
    return re.split(r"[.\n]\s", said)[0][:_FIRST_SENTENCE]


@lru_cache(maxsize=1024)
def stems(text: str) -> frozenset[str]:
    """The stems of the words in a text that say something."""
    return frozenset(_positions(text.lower().replace("_", " ")))


def _positions(text: str) -> dict[str, int]:
    """The stems of the words that say something -> where they stand first."""
    positions: dict[str, int] = {}
    for found in _WORD.finditer(text.replace("_", " ")):
        word = found[0].removesuffix("'s")
        if word not in _words("stopwords"):
            positions.setdefault(stem(word), found.start())
    return positions


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A rough stem, the same for calculator and calculate, for cities and city."""
    return (_ENDINGS if len(word) > 4 else _SHORT_ENDINGS).sub("", word.replace("our", "or"))


@cache
def _table() -> Any:
    return assets.read_json("fixtures/replies/asking.json")


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_table()[name])
