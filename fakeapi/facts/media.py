"""What a picture or a PDF is, from its bytes: type, pixels, pages; and what a picture costs. Never fetches anything."""

from __future__ import annotations

import base64
import binascii
import io
import logging
from collections import OrderedDict
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import NamedTuple


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class Pdf(NamedTuple):
    """A PDF: its pages, whether it is locked (then the pages aren't known), and the text of the first few pages."""

    pages: int
    encrypted: bool = False
    sample: tuple[str, ...] = ()


ASSUMED_SIZE = Size(448, 448)
"""The size of a picture that is not at hand (a url, a file) or can't be read: 256 tokens, as those recorded have."""

ASSUMED_PAGES = 1
"""The pages of a PDF that is not at hand or can't be read."""

ASSUMED_PAGE_TOKENS = 300
"""The tokens of a page's text where it can't be read (contract.md 10: pages cost 1,500 to 3,000 with their picture)."""

LIMITS = {"standard": (1568, 1568), "high": (2576, 4784)}
"""Image tier -> the longest edge in pixels, and the most patches. Source: contract.md 8 and 10."""

PATCH = 28
"""The side, in pixels, of the square patches that a picture is charged by."""

_SAMPLED_PAGES = 3
_SAMPLED_BYTES = 4_000_000
_HEAD = 8192
_PDFS_KEPT = 256


def image_type(data: bytes) -> str | None:
    """The media type of a picture by its first 12 bytes; None where it is none of the four that the API takes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def image_size(data: bytes) -> Size | None:
    """The pixel size in a picture's header, or None where it can't be read; the head of the bytes is often enough."""
    import imagesize

    if image_type(data) is None:
        return None
    try:
        width, height = imagesize.get(io.BytesIO(data))
    except Exception:  # whatever a broken header makes the library raise
        return None
    return Size(int(width), int(height)) if width > 0 and height > 0 else None


@lru_cache(maxsize=1024)
def image_tokens(size: Size, tier: str) -> int:
    """The patches of a picture, made smaller first as far as its tier demands, keeping its aspect.

    Checked by contract.md 10: 1920x1080 costs 1560 (standard) or 2691 (high), 3840x2160 4784 (high).
    """
    longest, most = LIMITS[tier]
    largest = min(Fraction(1), Fraction(longest, max(size)))
    if _patches(size, largest) <= most:
        return _patches(size, largest)
    steps = {Fraction(PATCH * count, side) for side, count in product(size, range(1, longest // PATCH + 1))}
    fitting = (_patches(size, step) for step in sorted(steps, reverse=True) if step < largest)
    return next((patches for patches in fitting if patches <= most), 1)


def _patches(size: Size, scale: Fraction) -> int:
    columns, rows = (max(1, -(-side * scale // PATCH)) for side in size)
    return int(columns * rows)


def pdf(data: bytes) -> Pdf | None:
    """What is known of a PDF, or None for bytes that can't be read as one."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            return Pdf(0, encrypted=True)
        sampled = reader.pages[:_SAMPLED_PAGES] if len(data) <= _SAMPLED_BYTES else []
        return Pdf(len(reader.pages), sample=tuple(page.extract_text() for page in sampled))
    except Exception:  # pypdf raises many kinds for broken files
        return None


def pdf_pages(data: bytes) -> int | None:
    """The pages of a PDF; None where it is locked or can't be read."""
    found = pdf(data)
    return found.pages if found and not found.encrypted else None


def pdf_is_encrypted(data: bytes) -> bool:
    """Whether a PDF is locked."""
    found = pdf(data)
    return found is not None and found.encrypted


def encoded_image_size(data: str) -> Size | None:
    """The pixel size of a picture in base64, or None where it can't be read; mostly its first few kilobytes tell."""
    for part in (data[:_HEAD], data):
        raw = _decoded(part)
        size = image_size(raw) if raw else None
        if size is not None:
            return size
    return None


def encoded_pdf(data: str) -> Pdf | None:
    """What is known of a PDF in base64, or None where it can't be read; the latest ones are remembered."""
    key = (len(data), hash(data))
    if key not in _pdfs:
        raw = _decoded(data)
        _pdfs[key] = pdf(raw) if raw else None
        if len(_pdfs) > _PDFS_KEPT:
            _pdfs.popitem(last=False)
    return _pdfs.get(key)


_pdfs: OrderedDict[tuple[int, int], Pdf | None] = OrderedDict()


def _decoded(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
