"""Pictures within documents are checked, counted and named where they stand; long documents fill the window."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.pictures import PNG_BASE64, png
from tests.street import ask, json, message, refusal

Json = dict[str, Any]

PLACE = "messages.0.content.0.document.source.content.content"


def picture(data: str, media_type: str = "image/png") -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def document(*parts: Json) -> Json:
    return {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "A page"}, *parts]}}


def asked(*content: Json, model: str = "claude-sonnet-4-5") -> Json:
    return {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": [*content]}]}


LONG = base64.b64encode(png(8001, 2)).decode()
WIDE = base64.b64encode(png(2001, 2)).decode()


def test_a_picture_within_a_document_is_checked_against_its_type() -> None:
    sentence = refusal(asked(document(picture(PNG_BASE64, "image/jpeg"))))[2]
    said = "The image was specified using the image/jpeg media type, but the image appears to be a image/png image"
    assert sentence == f"{PLACE}.1.image.source.base64: {said}"


def test_a_picture_within_a_document_that_is_none_is_refused() -> None:
    assert refusal(asked(document(picture("enp6eg=="))))[2] == "Could not process image"


def test_a_side_too_long_is_refused_with_its_path() -> None:
    error = json(ask(asked(document(picture(PNG_BASE64), picture(LONG)))))["error"]
    assert error["message"].startswith(f"{PLACE}.2.image.source.base64.data: At least one of the image dimensions")
    assert error["details"] == {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": 8000,
        "paths": ["messages.0.content.0.source.content.2"],
    }


def test_pictures_within_documents_count_as_many() -> None:
    many = [picture(PNG_BASE64)] * 20
    assert message(asked(document(*many[:19]), picture(WIDE)))["content"]
    error = json(ask(asked(document(*many), picture(WIDE))))["error"]
    assert error["message"].endswith("max allowed size for many-image requests: 2000 pixels")
    assert error["details"]["paths"] == ["messages.0.content.1"]


def test_every_picture_over_the_limit_is_named_wherever_it_stands() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [picture(LONG), document(picture(LONG))]}
    call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    body = asked(picture(LONG))
    body["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    details = json(ask(body))["error"]["details"]
    assert details["paths"] == [
        "messages.0.content.0",
        "messages.2.content.0.content.0",
        "messages.2.content.0.content.1.source.content.1",
    ]


@pytest.mark.parametrize("source", [
    {"type": "text", "media_type": "text/plain", "data": "word " * 300_000},
    {"type": "content", "content": "word " * 300_000},
    {"type": "content", "content": [{"type": "text", "text": "word " * 300_000}]},
], ids=["text", "content", "blocks"])  # fmt: skip
def test_a_document_longer_than_the_window_is_refused(source: Json) -> None:
    sentence = refusal(asked({"type": "document", "source": source}))[2]
    assert sentence.startswith("prompt is too long: ")
    assert sentence.endswith(" tokens > 200000 maximum")
