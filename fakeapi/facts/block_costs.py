"""What one content block of a prompt costs: text, pictures, documents, tool calls and what came of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fakeapi.facts import conversation, media, tokens
from fakeapi.facts.frames import Frame
from fakeapi.facts.media import Pdf, Size
from fakeapi.facts.written import written
from fakeapi.model import Json

Sizes: TypeAlias = Mapping[str, Size | Pdf]
"""What is known of media that are not at hand: url or file id -> pixels of a picture, or a PDF."""

CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""The blocks that call a tool."""

_SENTENCE = re.compile(r"[.!?\n]+(?:\s|$)")
_UNREAD = frozenset({"type", "id", "tool_use_id", "cache_control", "caller", "signature", "encrypted_content", "data"})
_SIGNATURE_BASE, _SIGNATURE_PER_TOKEN = 330, 4.2


@dataclass(frozen=True, slots=True)
class Scale:
    """What the cost of a block depends on besides itself.

    Attributes:
        family: tokenizer family. frame: its overheads. tier: image tier.
        sizes: see Sizes. names: id of a call -> tool name. definitions: tool name -> tokens of its definition.
    """

    family: str
    frame: Frame
    tier: str = "standard"
    sizes: Sizes = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, int] = field(default_factory=dict)

    def inside(self, text: str) -> int:
        """The tokens of a text amid others."""
        return tokens.count_inside(text, self.family)


def block_cost(block: Json, scale: Scale) -> int:
    """The tokens of a block that follows others; what its message costs around it is not in it."""
    return _COSTS.get(block["type"], _anything)(block, scale)


def call(block: Json, scale: Scale) -> int:
    """One call of a tool: its name, and each parameter as the model writes it."""
    given = block.get("input")
    pairs = given.items() if isinstance(given, dict) else ()
    parameters = sum(scale.frame.parameter + scale.inside(name) + scale.inside(_said(value)) for name, value in pairs)
    return scale.frame.call + scale.inside(block["name"]) + parameters


def result(block: Json, scale: Scale) -> int:
    """What a tool gave back, without what stands around it."""
    content = block.get("content")
    if isinstance(content, str):
        inner = scale.inside(content)
    else:
        inner = sum(block_cost(part, scale) for part in content or ())
    return inner + (scale.frame.failed_result if block.get("is_error") else 0)


def thought(block: Json, scale: Scale) -> int:
    """A thinking block as thinking; of a text that isn't shown, the length of its signature tells (recorded)."""
    text = block.get("thinking") or ""
    if text:
        return scale.frame.thinking + scale.inside(text)
    opaque = block.get("signature") or block.get("data") or ""
    return scale.frame.thinking + max(1, int((len(opaque) - _SIGNATURE_BASE) / _SIGNATURE_PER_TOKEN))


def _said(value: Any) -> str:
    return value if isinstance(value, str) else written(value)


def _text(block: Json, scale: Scale) -> int:
    return scale.inside(block["text"])


def _thinking(block: Json, scale: Scale) -> int:
    return thought(block, scale) + scale.frame.thinking_block


def _image(block: Json, scale: Scale) -> int:
    source = block["source"]
    if source["type"] == "base64":
        size = media.encoded_image_size(source["data"])
    else:
        known = scale.sizes.get(_address(source))
        size = known if isinstance(known, Size) else None
    return scale.frame.image + media.image_tokens(size or media.ASSUMED_SIZE, scale.tier)


def _document(block: Json, scale: Scale) -> int:
    source, frame = block["source"], scale.frame
    tokens_, text = _pages(source, scale) if source["type"] in _NEEDS_PAGES else _written_source(source, scale)
    for name in ("title", "context"):
        if block.get(name):
            tokens_ += frame.document_title + scale.inside(block[name])
    if (block.get("citations") or {}).get("enabled"):
        tokens_ += frame.document_citations + frame.citable_sentence * len(_SENTENCE.findall(text))
    return frame.document + tokens_


_NEEDS_PAGES = frozenset({"base64", "url", "file"})


def _pages(source: Json, scale: Scale) -> tuple[int, str]:
    """The tokens of a PDF's pages, each a picture and its text, and the text that is known of them."""
    known = media.encoded_pdf(source["data"]) if source["type"] == "base64" else scale.sizes.get(_address(source))
    found = known if isinstance(known, Pdf) else None
    pages = (found.pages if found else 0) or media.ASSUMED_PAGES
    sample = found.sample if found else ()
    if not sample:
        return pages * (scale.frame.page + media.ASSUMED_PAGE_TOKENS), ""
    text = sum(map(scale.inside, sample)) * pages // len(sample)
    return pages * scale.frame.page + text, "\n".join(sample) * (pages // len(sample))


def _written_source(source: Json, scale: Scale) -> tuple[int, str]:
    if source["type"] == "text":
        return scale.inside(source["data"]), source["data"]
    parts = conversation.blocks(source.get("content"))
    return sum(block_cost(part, scale) for part in parts), "\n".join(part.get("text", "") for part in parts)


def _address(source: Json) -> str:
    return str(source.get("url") or source.get("file_id") or "")


def _search_result(block: Json, scale: Scale) -> int:
    texts = [block["source"], block["title"], *(part["text"] for part in block["content"])]
    return scale.frame.search_result + sum(map(scale.inside, texts))


def _reference(block: Json, scale: Scale) -> int:
    """A tool that was found: its definition enters the prompt here."""
    return scale.definitions.get(block["tool_name"], scale.inside(block["tool_name"]))


def _anything(block: Json, scale: Scale) -> int:
    """A block of any other kind, such as the result of a server tool: what can be read of it, and what is encrypted."""
    hidden = sum(map(len, _encrypted(block)))
    return scale.inside(written(_readable(block))) + int(hidden * scale.frame.encrypted)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items() if key not in _UNREAD}
    return [_readable(item) for item in value] if isinstance(value, list) else value


def _encrypted(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _encrypted(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("encrypted_content")
    return [*([own] if isinstance(own, str) else []), *(text for item in value.values() for text in _encrypted(item))]


_COSTS: dict[str, Callable[[Json, Scale], int]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "thinking": _thinking,
    "redacted_thinking": _thinking,
    "tool_reference": _reference,
    "tool_result": result,
    "mcp_tool_result": result,
    **dict.fromkeys(CALLS, call),
}
