"""Refusals that depend on amounts: windows, pictures, PDFs."""

from __future__ import annotations

import base64
import io
import struct
from dataclasses import replace
from functools import cache
from typing import Any

import pypdf
import pytest

from fakeapi.contract import invariants
from fakeapi.errors import ApiError
from fakeapi.facts import catalogue
from fakeapi.model import Call, Caller, Json, Model


def model_named(name: str, **changes: Any) -> Model:
    model = catalogue.resolve(name)
    assert model is not None
    return replace(model, **changes)


def refused(body: Json, model: Model, *, endpoint: str = "messages", betas: frozenset[str] = frozenset()) -> ApiError:
    with pytest.raises(ApiError) as caught:
        invariants.check(Call(body, model, Caller("key", "2023-06-01", betas)), endpoint=endpoint)
    return caught.value


def accept(body: Json, model: Model, *, endpoint: str = "messages", betas: frozenset[str] = frozenset()) -> None:
    invariants.check(Call(body, model, Caller("key", "2023-06-01", betas)), endpoint=endpoint)


def asking(content: Any, **more: Any) -> Json:
    return {"model": "m", "max_tokens": 16, "messages": [{"role": "user", "content": content}], **more}


def png(width: int, height: int) -> str:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + b"\0\0\0\0").decode()


def picture(width: int = 10, height: int = 10, **more: Any) -> Json:
    return {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": png(width, height)},
        **more,
    }


@cache
def pdf_bytes(pages: int, locked: bool) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    if locked:
        writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf(pages: int = 1, *, locked: bool = False) -> Json:
    data = base64.b64encode(pdf_bytes(pages, locked)).decode()
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


HAIKU = "claude-haiku-4-5"


def test_a_prompt_longer_than_the_window_is_refused() -> None:
    error = refused(asking("one two three " * 300), model_named(HAIKU, context_window=200))
    assert error.message.startswith("prompt is too long: ")
    assert error.message.endswith(" tokens > 200 maximum")


def test_a_prompt_within_the_window_is_accepted() -> None:
    accept(asking("one two three " * 300), model_named(HAIKU))


def test_counting_tokens_knows_no_window() -> None:
    accept(asking("one two three " * 300), model_named(HAIKU, context_window=200), endpoint="count_tokens")


def test_older_models_want_room_for_the_answer() -> None:
    body = asking("one two three " * 30, max_tokens=150)
    error = refused(body, model_named("claude-sonnet-4-0", context_window=200))
    assert error.message.startswith("input length and `max_tokens` exceed context limit: ")
    assert error.message.endswith(" + 150 > 200, decrease input length or `max_tokens` and try again")


def test_newer_models_stop_at_their_window_instead() -> None:
    accept(asking("one two three " * 30, max_tokens=150), model_named("claude-sonnet-4-5", context_window=200))


def test_a_beta_lets_older_models_stop_at_their_window() -> None:
    betas = frozenset({"model-context-window-exceeded-2025-08-26"})
    body = asking("one two three " * 30, max_tokens=150)
    accept(body, model_named("claude-sonnet-4-0", context_window=200), betas=betas)


def test_a_beta_opens_the_larger_window() -> None:
    betas = frozenset({"context-1m-2025-08-07"})
    body = asking("one two three " * 300)
    accept(body, model_named("claude-sonnet-4-0", context_window=200), betas=betas)


def test_a_picture_of_more_than_ten_megabytes_is_refused_by_its_encoded_length() -> None:
    block = picture()
    block["source"]["data"] += "A" * 11_000_000
    error = refused(asking([block]), model_named(HAIKU))
    length = len(block["source"]["data"])
    assert error.message == (
        f"messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: {length} bytes > 10485760 bytes"
    )


def test_a_side_of_more_than_8000_pixels_is_refused_with_the_paths_of_all() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [picture(9000, 10)]}
    messages = [
        {"role": "user", "content": [picture(10, 8001), picture(8000, 8000)]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]},
        {"role": "user", "content": [result]},
    ]
    error = refused({"max_tokens": 16, "messages": messages, "tools": []}, model_named(HAIKU))
    assert error.message == (
        "messages.0.content.0.image.source.base64.data: "
        "At least one of the image dimensions exceed max allowed size: 8000 pixels"
    )
    assert error.details == {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": 8000,
        "paths": ["messages.0.content.0", "messages.2.content.0.content.0"],
    }


def test_more_than_twenty_pictures_may_have_2000_pixels_a_side() -> None:
    accept(asking([picture(2001, 10)] * 20), model_named(HAIKU))
    error = refused(asking([picture()] * 20 + [picture(2001, 10)]), model_named(HAIKU))
    assert error.message == (
        "messages.0.content.20.image.source.base64.data: "
        "At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels"
    )


def test_a_picture_that_must_not_be_made_smaller_has_to_fit() -> None:
    wish = {"oversized_image": "error"}
    accept(asking([picture(1500, 700, transformations=wish)]), model_named(HAIKU))
    error = refused(asking([picture(1600, 700, transformations=wish)]), model_named(HAIKU))
    assert "1600x700" in error.message
    accept(asking([picture(1600, 700, transformations=wish)]), model_named("claude-sonnet-5"))


def test_a_broken_pdf_is_refused() -> None:
    broken = base64.b64encode(b"%PDF-1.4\nnothing more").decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": broken}
    error = refused(asking([{"type": "document", "source": source}]), model_named(HAIKU))
    assert error.message == "Could not process PDF"


def test_a_locked_pdf_is_refused() -> None:
    error = refused(asking([pdf(locked=True)]), model_named(HAIKU))
    assert error.message == "messages.0.content.0.pdf.source.base64.data: The PDF specified is password protected."


@pytest.mark.parametrize(("name", "limit"), [(HAIKU, 100), ("claude-sonnet-5", 600)])
def test_a_pdf_has_as_many_pages_as_the_window_allows(name: str, limit: int) -> None:
    accept(asking([pdf(limit)]), model_named(name))
    error = refused(asking([pdf(limit + 1)]), model_named(name))
    assert error.message == (
        f"messages.0.content.0.pdf.source.base64.data: A maximum of {limit} PDF pages may be provided."
    )


def test_pages_and_pictures_are_counted_together() -> None:
    accept(asking([pdf(60), *[picture()] * 40]), model_named(HAIKU))
    error = refused(asking([pdf(60), *[picture()] * 41]), model_named(HAIKU))
    assert error.message == "Too much media: 60 document pages + 41 images > 100"


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/x.png", "https://10.1.2.3:8443/x.png", "https://[::1]/x", "https://localhost/x", "https:///x"],
)
def test_a_url_that_no_one_outside_can_reach_is_not_fetched(url: str) -> None:
    block = {"type": "image", "source": {"type": "url", "url": url}}
    error = refused(asking([block]), model_named(HAIKU))
    assert error.message == "Unable to download the file. Please verify the URL and try again."
