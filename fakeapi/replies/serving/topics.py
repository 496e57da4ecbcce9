"""What a question is about: the words that one would search for."""

from __future__ import annotations

import re

_LONGEST = 80
_MOST = 25
_QUOTED = re.compile(r"[\"“]([^\"”\n]{2,2000})[\"”]")
_LISTED = re.compile(r"(?:^|[\s:;,])\(?\d{1,2}[.)]\s+(.+?)(?=[;,.]?\s+\(?\d{1,2}[.)]\s|[.;]?\s*\n|[.;]?\s*$)", re.S)
_ASKING = re.compile(
    r"^(?:(?:hi|hello|hey|please|now|then|ok(?:ay)?|and|so|can you|could you|would you|i want you to|you should)\b"
    r"[,!]?\s*)*"
    r"(?:use (?:the |your )?[\w ]{2,25}? to\s+)?"
    r"(?:(?:do|run|perform|make) an? (?:quick )?(?:web |online )?search (?:for|on|about)\s+(?:the )?(?:query:?\s+)?)?"
    r"(?:(?:re)?search(?: (?:the web|the internet|online|on the web|google))?"
    r"(?: (?:for|on|about|and (?:find|tell me)))?[:,]?\s+"
    r"|(?:look up|look online for|find out|find|google|check|tell me|give me|show me|fetch|read|summari[sz]e"
    r"|briefly mention)"
    r"(?: (?:me|about|more about|on|whether|if))*[:,]?\s+)?"
    r"(?:(?:what|who|when|where|how|which|why)(?:'s| is| are| was| were| did| does| do| will| much is| about)?\s+)?"
    r"(?:(?:the|a|an|some|any)\s+)?",
    re.I,
)
_TAIL = re.compile(
    r"\s*(?:\b(?:using|with|via|on) (?:the )?(?:web(?: search)?|internet|web_search tool)\b|,? please|\bfor me"
    r"|,?\s+(?:and\s+)?then\b.*)\s*$",
    re.I | re.S,
)


def topic(question: str) -> str:
    """What a question asks about, short: `Search the web: what is the latest stable Ruby version?` is
    `latest stable Ruby version`; "" for an empty question."""
    quoted = _QUOTED.search(question)
    if quoted:
        return quoted[1].strip()
    said = _first(question)
    rest = _TAIL.sub("", _ASKING.sub("", said, count=1)).strip(" ?!.:;,\"'`")
    words = rest or said.strip(" ?!.:;,")
    return words if len(words) <= _LONGEST else words[:_LONGEST].rsplit(" ", 1)[0]


def topics(question: str) -> list[str]:
    """Each thing that a question asks about: the items of a numbered list, several quotations, or the one topic."""
    listed = [item.strip(" \"'“”.;,") for item in _LISTED.findall(question)]
    if len(listed) < 2:
        listed = [item.strip() for item in _QUOTED.findall(question)]
    found = [item for item in dict.fromkeys(listed) if item]
    return found[:_MOST] if len(found) > 1 else [topic(question)]


def _first(question: str) -> str:
    """The first sentence that asks for something."""
    sentences = [part.strip() for part in re.split(r"(?<=[.?!])\s+|\n+", question) if part.strip()]
    asking = [part for part in sentences if part.endswith("?")]
    plain = [part for part in sentences if len(part) > 3]
    return next(iter([*plain[:1], *asking, *sentences]), "") if not asking else _better(plain[:1], asking)


def _better(first: list[str], asking: list[str]) -> str:
    """The first sentence where it says what to look for, else the first question."""
    command = re.compile(
        r"\b(?:search|look up|find|google|check|fetch|tell me|give me|calculate|compute|run|use)\b", re.I
    )
    return first[0] if first and command.search(first[0]) else asking[0]
