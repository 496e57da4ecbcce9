"""The web that searches and fetches know: canned pages, found by words or by URL. Nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from fakeapi.model import Json
from fakeapi.replies.asking import stem
from fakeapi.replies.serving.data import filled, pattern, table

_WORD = re.compile(r"[^\W_]+")
_SLUG = 60
_MOST_DOMAINS = 4


class Page(NamedTuple):
    """A page: where it is, what it is called, how old it is (None: not known), and all of its text."""

    url: str
    title: str
    age: str | None
    text: str


def search(query: str, tool: Json) -> list[Page]:
    """The pages that a query finds, the best first: those that the tool's domains let through.

    Where only some domains are allowed, these have pages on what is asked for.
    """
    allowed = list(tool.get("allowed_domains") or ())[:_MOST_DOMAINS]
    found = [page for page in _on(query, tool.get("user_location") or {}) if may_use(page.url, tool)]
    found += [
        _of(row, slug(query), f"https://{base}") for base in map(_base, allowed) for row in table("pages")["templates"]
    ]
    unique = list({page.url: page for page in found}.values())
    return unique[: table("pages")["most"]]


def at(url: str) -> Page:
    """The page behind a URL: one that searches find, too, or one that is made for it."""
    known = _known().get(url.rstrip("/"))
    if known:
        return known
    base, path = _split(url)
    for row in [*table("pages")["templates"], table("pages")["local"]]:
        if found := re.search(re.escape(_path(row)).replace(re.escape("{slug}"), r"([^/?#]+)") + "/?$", path):
            topic, place = _words_of(found[1]), ""
            if row is table("pages")["local"]:
                topic, _, place = topic.rpartition(" near ")
            return Page(
                url, _named(row["title"], topic, url, place), row["age"], _named(row["text"], topic, url, place)
            )
    topic = _words_of(path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0]) or base.removeprefix("www.")
    row = table("pages")["anything"]
    return Page(url, _named(row["title"], topic, url), row["age"], _named(row["text"], topic, url))


def may_use(url: str, tool: Json) -> bool:
    """Whether a tool's domains let a URL through; subdomains go with their domain (documented)."""
    allowed, blocked = tool.get("allowed_domains"), tool.get("blocked_domains")
    if allowed:
        return any(_is_within(url, entry) for entry in allowed)
    return not any(_is_within(url, entry) for entry in blocked or ())


def slug(text: str) -> str:
    """A text as a part of a path: `Ruby 4.0` is `ruby-4-0`."""
    words = "-".join(_WORD.findall(text.lower()))
    return words if len(words) <= _SLUG else words[:_SLUG].rsplit("-", 1)[0]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a page begin and end, each with the space behind it."""
    for found in re.finditer(r"\S[^\n]*?(?:[.!?]+(?=\s|$)|$)\s?", text):
        yield found.span()


def _on(query: str, location: Json) -> Iterator[Page]:
    said = {stem(word) for word in _WORD.findall(query.lower())}
    place = next((location[key] for key in ("city", "region", "country") if location.get(key)), "")
    if place:
        yield at(filled(table("pages")["local"]["url"], slug=f"{slug(query)}-near-{slug(place)}"))
    scored = [(len(said & keys), page) for keys, page in _library()]
    yield from (page for score, page in sorted(scored, key=lambda pair: -pair[0]) if score)
    yield from (_of(row, slug(query)) for row in table("pages")["templates"])


def _of(row: Json, name: str, base: str = "") -> Page:
    url = filled(row["url"], slug=name or "start")
    return at(base.rstrip("/") + _split(url)[1] if base else url)


@cache
def _library() -> list[tuple[frozenset[str], Page]]:
    rows = table("pages")["pages"]
    return [
        (frozenset(map(stem, row["keys"])), Page(row["url"], row["title"], row["age"], row["text"])) for row in rows
    ]


@cache
def _known() -> dict[str, Page]:
    return {page.url: page for _, page in _library()}


def _path(row: Json) -> str:
    return _split(row["url"])[1]


def _split(url: str) -> tuple[str, str]:
    """Host and path of a URL."""
    rest = url.split("://", 1)[-1]
    host, slash, path = rest.partition("/")
    return host.lower(), slash + path.split("#", 1)[0]


def _words_of(name: str) -> str:
    return " ".join(_WORD.findall(unquote(name)))


def _named(text: str, topic: str, url: str, place: str = "") -> str:
    headline = topic[:1].upper() + topic[1:] if topic else "Start"
    return filled(text, topic=topic or "this", Topic=headline, url=url, place=place.title())


def _base(entry: str) -> str:
    """A domain as a tool names it, without scheme and wildcards."""
    return entry.split("://", 1)[-1].replace("*.", "").split("*", 1)[0].rstrip("/")


@lru_cache(maxsize=256)
def _rule(entry: str) -> re.Pattern[str]:
    host, _, path = entry.split("://", 1)[-1].rstrip("/").partition("/")
    anything = re.escape(path).replace(re.escape("*"), ".*")
    tail = (
        rf"/{anything}(?:[/?#]|$|(?<=/))" if path and not path.endswith("*") else f"/{anything}" if path else "(?:/|$)"
    )
    return pattern(rf"^(?:[^/]*\.)?{re.escape(host.removeprefix('*.').lower())}(?::\d+)?{tail}")


def _is_within(url: str, entry: str) -> bool:
    host, path = _split(url)
    return bool(_rule(entry).search(host + path))
