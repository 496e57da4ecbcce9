"""What a picture or a PDF is, from its bytes, and what a picture costs."""

from __future__ import annotations

import base64
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import media
from fakeapi.facts.media import Pdf, Size
from tests.pictures import png

GIF = b"GIF89a" + struct.pack("<HH", 320, 200) + b"\xf7\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08" + struct.pack(
    ">HH", 480, 640
)
JPEG += b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9"
WEBP = (
    b"RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", 100, 50) + b"\0" * 20
)


def pdf(pages: int, password: str = "") -> bytes:
    """An empty PDF of that many pages, locked if a password is given."""
    import pypdf

    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 792)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (png(30, 20), "image/png", (30, 20)),
        (GIF, "image/gif", (320, 200)),
        (JPEG, "image/jpeg", (640, 480)),
        (WEBP, "image/webp", (100, 50)),
        (b"BM" + b"\0" * 30, None, None),
        (b"", None, None),
        (b"%PDF-1.7", None, None),
    ],
)
def test_a_picture_tells_its_type_and_size(data: bytes, kind: str | None, size: tuple[int, int] | None) -> None:
    assert media.image_type(data) == kind
    assert media.image_size(data) == size


def test_the_first_bytes_of_a_picture_are_enough() -> None:
    whole = png(3000, 10)
    assert media.image_type(whole[:12]) == "image/png"
    assert media.image_size(whole[:64]) == Size(3000, 10)


@given(
    st.binary(max_size=40), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF0000WEBP"])
)
def test_broken_bytes_have_no_size_and_raise_nothing(data: bytes, start: bytes) -> None:
    size = media.image_size(start + data)
    assert size is None or min(size) > 0


@given(st.text(max_size=40))
def test_base64_that_is_none_has_no_size(data: str) -> None:
    assert media.encoded_image_size("!" + data) is None


def test_the_size_of_a_picture_is_read_from_base64() -> None:
    assert media.encoded_image_size(base64.b64encode(png(64, 48)).decode()) == Size(64, 48)


def test_a_size_far_behind_the_head_is_found_too() -> None:
    comment = b"\xff\xfe" + struct.pack(">H", 40_002) + b"x" * 40_000
    assert media.encoded_image_size(base64.b64encode(JPEG[:20] + comment + JPEG[20:]).decode()) == Size(640, 480)


@pytest.mark.parametrize(
    ("width", "height", "standard", "high"),
    [
        (200, 200, 64, 64),
        (1000, 1000, 1296, 1296),
        (1092, 1092, 1521, 1521),
        (1920, 1080, 1560, 2691),
        (2000, 1500, 1564, 3888),
        (3840, 2160, 1560, 4784),
        (1, 1, 1, 1),
        (29, 28, 2, 2),
    ],
)
def test_a_picture_costs_its_patches_after_its_tier_made_it_smaller(
    width: int, height: int, standard: int, high: int
) -> None:
    assert media.image_tokens(Size(width, height), "standard") == standard
    assert media.image_tokens(Size(width, height), "high") == high


@given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from(["standard", "high"]))
def test_no_picture_costs_more_than_its_tier_allows(width: int, height: int, tier: str) -> None:
    assert 1 <= media.image_tokens(Size(width, height), tier) <= media.LIMITS[tier][1]
    assert media.image_tokens(Size(width, height), tier) == media.image_tokens(Size(height, width), tier)


def test_a_pdf_tells_its_pages() -> None:
    assert media.pdf(pdf(3)) == Pdf(3, sample=("", "", ""))
    assert media.pdf_pages(pdf(12)) == 12
    assert not media.pdf_is_encrypted(pdf(1))


def test_a_locked_pdf_is_known_as_one() -> None:
    locked = pdf(2, password="secret")
    assert media.pdf(locked) == Pdf(0, encrypted=True)
    assert media.pdf_is_encrypted(locked)
    assert media.pdf_pages(locked) is None


@given(st.binary(max_size=60), st.sampled_from([b"", b"%PDF-1.4\n"]))
def test_bytes_that_are_no_pdf_have_no_pages_and_raise_nothing(data: bytes, start: bytes) -> None:
    assert media.pdf(start + data) is None
    assert not media.pdf_is_encrypted(start + data)


def test_the_latest_pdfs_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "_PDFS_KEPT", 2)
    media._pdfs.clear()
    for pages in (1, 2, 3):
        assert media.encoded_pdf(base64.b64encode(pdf(pages)).decode()).pages == pages  # type: ignore[union-attr]
    assert [found.pages for found in media._pdfs.values() if found] == [2, 3]
