"""Keys and tokens are taken out before anything is remembered: of headers, query, path, bodies, and what is said of it.

What is known to be secret (the credentials of this request) is hidden wherever it comes up again; what looks like a
secret is hidden, too. What follows from that is marked `[redacted ...]`, so that nobody wonders.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote_plus

import orjson

from fakeapi.memory import secrets
from fakeapi.memory.secrets import Span, find, has_hints, mask
from fakeapi.model import Exchange
from fakeapi.wire import HeaderLines, Request

HIDDEN = "[redacted]"
_WITHHELD = b"[redacted: %b, %d bytes]"
_SCHEMES = frozenset({"bearer", "basic", "token"})
_USUAL = "sk-ant-"
_SHORTEST = 8
"""Characters from which on a credential is looked for elsewhere: shorter ones are words."""
_BEYOND = 16_384
"""Bytes looked at beyond the part that is kept of a long body, so that no secret is cut in two."""
_SAYING = ("path", "model", "source", "sentence", "warning", "hint")
_SAID_OF = attrgetter(*_SAYING)
_ESCAPE = re.compile(secrets.ESCAPED.encode())
_DELTA = re.compile(
    rb'"type":\s*"(?:text|thinking|input_json)_delta",\s*"(?:text|thinking|partial_json)":\s*"((?:[^"\\]|\\.)*)'
)
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


Literals: TypeAlias = tuple[bytes, ...]
"""The credentials of a request, where they are to be found wherever they come up."""


class Kept(NamedTuple):
    """A body as it is remembered: its bytes, redacted, and how many there were. `cut` where only the first are kept."""

    data: bytes
    size: int
    cut: bool = False


class Clean(NamedTuple):
    """What may be remembered of a request.

    Attributes:
        path, query, headers, body: without secrets.
        caller: the digest of the credential that the API reads; "" without one.
        tainted: a secret stood elsewhere than where secrets belong, so it may come up in the answer.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    body: Kept
    caller: str = ""
    tainted: bool = False


def first_look(request: Request) -> tuple[Clean, Literals, bytes]:
    """A request as it is remembered if nothing but its headers has secrets; its credentials, which are to be found in
    the answer, and never to be kept; and all else that it says, to be looked through with `may_have_secrets`.
    """
    path, headers, body = request.path, request.headers, request.body
    hidden = _HIDDEN[tuple(headers)]
    kept, caller = dict(headers), ""
    literals: Literals = ()
    if hidden:
        key = _credential(headers)
        caller = digest(key)
        for name in hidden:
            kept[name] = _hidden_value(kept[name])
        if len(hidden) > 1 or key[:7] != _USUAL:
            literals = _literals([headers[name] for name in hidden])
    told = "\n".join((path, *kept, *kept.values()))
    return Clean(path, request.query, kept, Kept(body, len(body)), caller), literals, told.encode("utf-8", "replace")


def may_have_secrets(data: bytes) -> bool:
    """Whether some bytes deserve a closer look, as nearly none do."""
    return has_hints(data) or b"\0" in data


def is_plain(request: Request, literals: Literals) -> bool:
    """Whether a first look may do: no parameters, no packed body, no credentials that only an exact look finds."""
    return not literals and not request.query and "content-encoding" not in request.headers


def clean_request(request: Request, look: Clean, literals: Literals, largest: int) -> Clean:
    """What the first look left of a request, without secrets; of a body with more than `largest` bytes, the first."""
    path, query, headers = look.path, look.query, look.headers
    told = "\n".join((path, query, *headers, *headers.values()))
    query = clean_query(query, literals) if query else ""
    tainted = query != look.query
    if find(told.encode("utf-8", "replace"), literals):
        tainted = True
        path, query = clean_text(path, literals), clean_text(query, literals)
        headers = {clean_text(name, literals): clean_text(value, literals) for name, value in headers.items()}
    body, spoken = keep(_plain(request), literals, largest) if request.body else (Kept(b"", 0), False)
    return Clean(path, query, headers, body, look.caller, tainted or spoken)


def digest(key: str) -> str:
    """What stands for a key wherever one has to be told from another; "" for none. It can't be turned back."""
    if not key:
        return ""
    mark = hash(key)
    known = _DIGESTS.get(mark)
    if known is None:
        if len(_DIGESTS) >= _MOST_DIGESTS:
            _DIGESTS.clear()
        known = _DIGESTS[mark] = blake2b(key.encode("utf-8", "replace"), digest_size=6).hexdigest()
    return known


def clean_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with the values of those that carry secrets hidden."""
    return {name: _hidden_value(value) if _is_secret(name) else value for name, value in headers.items()}


def clean_query(query: str, literals: Literals = ()) -> str:
    """A raw query string with the values of secret parameters, and secret values of others, hidden."""
    return "&".join(_clean_parameter(pair, literals) for pair in query.split("&"))


def clean_text(text: str, literals: Literals = ()) -> str:
    """A text without secrets; the same object where it has none."""
    data = text.encode("utf-8", "surrogatepass")
    spans = find(data, literals)
    return mask(data, spans).decode("utf-8", "surrogatepass") if spans else text


def said_of(exchange: Exchange) -> bytes:
    """What is said of an exchange, in one piece; b"" for what repeats no more than its path and model."""
    if not (exchange.sentence or exchange.warning or exchange.hint):
        return b""
    said: tuple[str, ...] = _SAID_OF(exchange)
    return "\n".join(said).encode("utf-8", "surrogatepass")


def clean_exchange(exchange: Exchange, literals: Literals = ()) -> Exchange:
    """What is said of an exchange, without secrets; the same object where it has none."""
    said: tuple[str, ...] = _SAID_OF(exchange)
    if not find("\n".join(said).encode("utf-8", "surrogatepass"), literals):
        return exchange
    changed: Any = {name: clean_text(getattr(exchange, name), literals) for name in _SAYING}
    return exchange._replace(**changed)


def clean_json(value: Any, literals: Literals = ()) -> Any:
    """A JSON value without secrets; the same object where it has none."""
    data = orjson.dumps(value)
    spans = find(data, literals)
    return orjson.loads(mask(data, spans)) if spans else value


def clean_lines(lines: HeaderLines, literals: Literals = ()) -> HeaderLines:
    """The header lines of an answer, without secrets."""
    return tuple((name, _clean_line(name, value, literals)) for name, value in lines)


def _clean_line(name: bytes, value: bytes, literals: Literals) -> bytes:
    if _is_secret(name.decode("latin-1").lower()):
        return HIDDEN.encode()
    return mask(value, find(value, literals))


def keep(data: bytes, literals: Literals, largest: int) -> tuple[Kept, bool]:
    """A body as it is remembered, and whether it had secrets. Those in escapes (`\\u0073k-ant-`) are found, too."""
    part = data if len(data) <= largest else data[: largest + _BEYOND]
    hinted = has_hints(part)
    spans = find(part, literals) if hinted or literals else []
    if hinted and _ESCAPE.search(part):
        plain = _ESCAPE.sub(lambda match: bytes.fromhex(match[0][-2:].decode()), part)
        if hidden := find(plain, literals):
            part, spans = plain, hidden
    if b"\0" in part and len(find(part.replace(b"\0", b""), literals)) > len(spans):
        return Kept(_WITHHELD % (b"secrets in binary data", len(data)), len(data), cut=True), True
    return Kept(_cut(part, spans, largest), len(data), len(data) > largest), bool(spans)


def secrets_of_stream(data: bytes, literals: Literals) -> list[Span]:
    """The secrets that a stream of events spells across several deltas, as spans of its bytes."""
    said = [match.span(1) for match in _DELTA.finditer(data)]
    whole = b"".join(data[start:end] for start, end in said)
    spans = find(whole, literals)
    return list(_spread(spans, said)) if spans else []


def _spread(spans: list[Span], said: list[tuple[int, int]]) -> Iterable[Span]:
    """The parts of the spans in each delta; `said` is where the text of each stands."""
    at = 0
    for start, end in said:
        length = end - start
        for span in spans:
            first, last = max(span.start - at, 0), min(span.end - at, length)
            if first < last:
                yield Span(start + first, start + last, span.name)
        at += length


def _cut(part: bytes, spans: list[Span], largest: int) -> bytes:
    """The first bytes of a body; a secret across the end is hidden as a whole."""
    within = [span for span in spans if span.start < largest]
    end = max([largest, *(span.end for span in within)]) if len(part) > largest else len(part)
    return mask(part[:end], within) if len(part) > end else mask(part, within)


def _clean_parameter(pair: str, literals: Literals) -> str:
    name, equals, value = pair.partition("=")
    secret = _parameters().match(unquote_plus(name).lower()) is not None
    if equals and value and (secret or clean_text(unquote_plus(value), literals) != unquote_plus(value)):
        return f"{name}={HIDDEN}"
    return pair


def _plain(request: Request) -> bytes:
    """The body, unpacked; what can't be unpacked can't be looked through, and is withheld."""
    encodings = request.headers.get("content-encoding", "").lower()
    body = request.body
    for name in reversed([name.strip() for name in encodings.split(",") if name.strip()]):
        if name == "identity":
            continue
        try:
            body = zlib.decompressobj(_WINDOWS[name]).decompress(body, 2**25)
        except (KeyError, zlib.error):
            return _WITHHELD % (b"packed as " + name.encode("ascii", "replace"), len(request.body))
    return body


def _hidden_value(value: str) -> str:
    """The marker for a header's value; the scheme of an Authorization stays."""
    return value[: -len(_bare(value))] + HIDDEN if _bare(value) else value


def _credential(headers: Mapping[str, str]) -> str:
    """What tells callers apart, as the API reads it: x-api-key first, then Authorization."""
    return headers.get("x-api-key", "").strip() or _bare(headers.get("authorization", ""))


def _bare(value: str) -> str:
    """A credential without the scheme before it."""
    scheme, space, rest = value.strip().partition(" ")
    return rest.strip() if space and scheme.lower() in _SCHEMES else value.strip()


def _literals(hidden: Iterable[str]) -> Literals:
    """The credentials that are looked for elsewhere: those that no shape finds, unless they are words."""
    found = []
    for value in hidden:
        bare = _bare(value)
        if bare[:7] != _USUAL and len(bare) >= _SHORTEST and not bare.isalpha():
            found.append(bare.encode("utf-8", "replace"))
    return tuple(found)


@cache
def _parameters() -> re.Pattern[str]:
    return re.compile(secrets.data()["parameters"])


@lru_cache(maxsize=1000)
def _is_secret(name: str) -> bool:
    """Whether a header's name says that its value is secret."""
    data = secrets.data()
    return re.search(data["headers"], name) is not None and name not in data["harmless_headers"]


class _Hidden(dict[tuple[str, ...], tuple[str, ...]]):
    """Which of some headers are secret; remembered, within bounds, since a client sends the same ones."""

    def __missing__(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(self) > 200:
            self.clear()
        self[names] = hidden = tuple(name for name in names if _is_secret(name))
        return hidden


_HIDDEN = _Hidden()
_DIGESTS: dict[int, str] = {}
_MOST_DIGESTS = 1000
