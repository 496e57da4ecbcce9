"""Pictures and PDFs: bytes that are what they say, sizes, counts, addresses that can be fetched (contract.md 15)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from urllib.parse import urlsplit

from fakeapi.contract.invariants.reading import Place, as_object, kind_of, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts import media
from fakeapi.facts.sentences import refusal
from fakeapi.model import Json

MOST_ENCODED = 10 * 1024 * 1024
MOST_PIXELS = 8000
MANY_IMAGES = 20
MOST_PIXELS_OF_MANY = 2000
LONG_WINDOW = 1_000_000
_HEAD = 4096
_NO_SUCH_PLACE = ("invalid", "test", "example", "localhost", "local", "internal", "onion")


def urls(seen: Survey) -> None:
    """A source is fetched over https, from a place that exists as far as its name can tell."""
    for place in seen.of("image", "document"):
        source = as_object(place.body.get("source"))
        if source.get("type") == "url":
            _check_url(text_of(source, "url"))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise refusal("url_not_fetched") from None
    if parts.scheme.lower() != "https":
        raise refusal("url_not_https")
    if not host or host.rsplit(".", 1)[-1].lower() in _NO_SUCH_PLACE or _is_private(host):
        raise refusal("url_not_fetched")


def _is_private(host: str) -> bool:
    """Whether a host is an address that no one outside can reach."""
    if not (host[-1].isdigit() or ":" in host):
        return False
    import ipaddress

    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def images(seen: Survey) -> None:
    """Each picture that comes in base64 is of its media type, and not too large."""
    for place, data, media_type in _encoded(seen, "image"):
        if len(data) > MOST_ENCODED:
            raise refusal("image_too_large", location=place.location, size=len(data), limit=MOST_ENCODED)
        real = _image_type(data)
        if real is None:
            raise refusal("image_unreadable")
        if media_type and real != media_type and "loose_images" not in seen.model.features:
            raise refusal("image_type_differs", location=place.location, said=media_type, real=real)
        if 0 in (_image_size(data) or (0,)):
            raise refusal("image_unreadable")


def image_sizes(seen: Survey) -> None:
    """No side is too long; with many pictures the limit is lower. The answer names every picture over it."""
    encoded = list(_encoded(seen, "image"))
    if not encoded:
        return
    many = len(seen.places.get("image", ())) > MANY_IMAGES
    limit = MOST_PIXELS_OF_MANY if many else MOST_PIXELS
    large = [place for place, data, _ in encoded if max(_image_size(data), default=0) > limit]
    if large:
        details = {"max_side_length_pixels": limit, "paths": [place.path for place in large]}
        name = "image_pixels_of_many" if many else "image_pixels"
        raise refusal(name, details=details, location=large[0].location, limit=limit)


def kept_sizes(seen: Survey) -> None:
    """A picture that asks not to be made smaller fits as it is."""
    for place, data, _ in _encoded(seen, "image"):
        wish = as_object(place.body.get("transformations")).get("oversized_image")
        size = _image_size(data) if wish == "error" else ()
        if size and _is_resized(size, seen.model.image_tier):
            longest = media.LIMITS[seen.model.image_tier][0]
            raise refusal("image_oversized", location=place.location, width=size[0], height=size[1], longest=longest)


def _is_resized(size: tuple[int, ...], tier: str) -> bool:
    longest, most = media.LIMITS[tier]
    patches = -(-size[0] // media.PATCH) * -(-size[1] // media.PATCH)
    return max(size) > longest or patches > most


def documents(seen: Survey) -> None:
    """A PDF that comes in base64 is one, open and not too long."""
    limit = _most_media(seen)
    for place, data, media_type in _encoded(seen, "document"):
        if media_type == "application/pdf":
            _check_pdf(place, data, limit)


def _check_pdf(place: Place, data: str, limit: int) -> None:
    if not data:
        raise refusal("pdf_empty", location=place.location)
    raw = _decode(data)
    if raw is None or b"%PDF-" not in raw[:_HEAD]:
        raise refusal("pdf_invalid", location=place.location)
    pdf = media.encoded_pdf(data)
    if pdf is None:
        raise refusal("pdf_unreadable")
    if pdf.encrypted:
        raise refusal("pdf_locked", location=place.location)
    if pdf.pages > limit:
        raise refusal("pdf_pages", location=place.location, limit=limit)


def amount(seen: Survey) -> None:
    """Pages and pictures together stay below the limit of the model's window."""
    pictures = len(seen.places.get("image", ()))
    limit = _most_media(seen)
    if pictures <= limit and "document" not in seen.places:
        return
    pdfs = (media.encoded_pdf(data) for _, data, kind in _encoded(seen, "document") if kind == "application/pdf")
    pages = sum(pdf.pages for pdf in pdfs if pdf)
    if pages + pictures > limit:
        raise refusal("media_many", pages=pages, images=pictures, limit=limit)


def _most_media(seen: Survey) -> int:
    return 600 if seen.model.context_window >= LONG_WINDOW else 100


def _encoded(seen: Survey, kind: str) -> Iterator[tuple[Place, str, str]]:
    """Blocks with a base64 source: place, data, media type."""
    for place in seen.of(kind):
        source: Json = as_object(place.body.get("source"))
        if kind_of(source) == "base64" and type(source.get("data")) is str:
            yield place, source["data"], text_of(source, "media_type")


def _decode(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _image_type(data: str) -> str | None:
    head = _decode(data[:32])
    return media.image_type(head) if head else None


def _image_size(data: str) -> tuple[int, ...]:
    """Width and height, () where they can't be read."""
    size = media.encoded_image_size(data)
    return tuple(size) if size else ()
