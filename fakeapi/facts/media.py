"""What a picture or a PDF is, from its first bytes: type, pixels, pages. Never fetches anything."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any, NamedTuple


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


ASSUMED_SIZE = Size(1000, 1000)
"""The size of a picture that cannot be read: a url, a file, broken bytes. It costs 1,296 tokens."""

LIMITS = {"standard": (1568, 1568), "high": (2576, 4784)}
"""Image tier -> the longest edge in pixels and the most patches (tokens). Source: contract.md 8 and 10."""

PATCH = 28
PAGE_TOKENS = 2000
ASSUMED_PAGES = 1


def image_type(data: bytes) -> str | None:
    """The media type of a picture by its first bytes (12 are enough), or None where it is none of the API's four."""
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
    """Pixel size from a header, or None where it cannot be read."""
    import io

    import imagesize

    try:
        width, height = imagesize.get(io.BytesIO(data))
    except Exception:
        return None
    return Size(width, height) if width > 0 and height > 0 else None


def image_tokens(size: Size, tier: str) -> int:
    """Tokens of a picture: its 28-pixel patches, after the downscaling of its tier."""
    edge, most = LIMITS[tier]
    ratio = min(1.0, edge / max(size))
    tokens = _patches(size, ratio)
    while tokens > most:
        ratio *= 0.999
        tokens = _patches(size, ratio)
    return tokens


def _patches(size: Size, ratio: float) -> int:
    return math.prod(math.ceil(max(1, int(side * ratio)) / PATCH) for side in size)
