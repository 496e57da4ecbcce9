"""What was shown is named: kind, title and size of every picture, document and file of the last turn."""

from __future__ import annotations

import base64
import io
from typing import Any

import pypdf
import pytest

from fakeapi.settings import Settings
from tests.pictures import PNG_BASE64, png
from tests.street import DOOR, message

Json = dict[str, Any]


def block(kind: str, source: Json, **more: Any) -> Json:
    return {"type": kind, "source": source, **more}


def picture(width: int, height: int) -> Json:
    data = base64.b64encode(png(width, height)).decode()
    return block("image", {"type": "base64", "media_type": "image/png", "data": data})


def pdf(pages: int) -> Json:
    writer, written = pypdf.PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    writer.write(written)
    data = base64.b64encode(written.getvalue()).decode()
    return {"type": "base64", "media_type": "application/pdf", "data": data}


PLAIN = {"type": "text", "media_type": "text/plain", "data": "Hello there"}
BLOCKS = {"type": "content", "content": [{"type": "text", "text": "ab"}, {"type": "text", "text": "cd"}, picture(8, 4)]}


def said(*parts: Json, question: str = "What is it?") -> str:
    content = [*parts, {"type": "text", "text": question}]
    body = {"model": "claude-sonnet-4-6", "max_tokens": 1024, "messages": [{"role": "user", "content": content}]}
    headers = (*DOOR, ("anthropic-beta", "files-api-2025-04-14"))
    mode = Settings(contract="shape") if any(part["source"]["type"] == "file" for part in parts) else Settings()
    text: str = message(body, headers=headers, settings=mode)["content"][0]["text"]
    return text


@pytest.mark.parametrize(("part", "name"), [
    (picture(120, 80), "a PNG picture of 120 x 80 pixels"),
    (block("image", {"type": "url", "url": "https://ex.org/a.png"}), "(https://ex.org/a.png), which I can't open here"),
    (block("image", {"type": "file", "file_id": "file_01"}), "a picture (the file file_01), which I can't open here"),
    (block("document", pdf(1)), "a PDF of 1 page"),
    (block("document", pdf(3), title="Plan"), 'a PDF "Plan" of 3 pages'),
    (block("document", PLAIN), "a text document of 11 characters"),
    (block("document", BLOCKS, title="Mix"), 'a document "Mix" of 2 texts (4 characters) and a PNG picture of 8 x 4'),
    (block("document", {"type": "content", "content": "x" * 2000}), "a document of 2,000 characters"),
    (block("document", {"type": "file", "file_id": "file_02"}, title="Deed"), 'a document "Deed" (the file file_02)'),
    (block("document", {"type": "url", "url": "https://ex.org/a.pdf"}), "a document (https://ex.org/a.pdf)"),
])  # fmt: skip
def test_each_kind_is_named_with_its_size(part: Json, name: str) -> None:
    assert name in said(part)


def test_everything_shown_is_named_in_its_order() -> None:
    parts = (picture(10, 20), block("document", pdf(2)), picture(30, 40))
    wanted = "You sent a PNG picture of 10 x 20 pixels, a PDF of 2 pages and a PNG picture of 30 x 40 pixels."
    assert said(*parts) == wanted


def test_of_very_many_the_first_twenty_are_named_and_the_rest_counted() -> None:
    text = said(*[block("image", {"type": "base64", "media_type": "image/png", "data": PNG_BASE64})] * 25)
    assert text.count("64 x 64") == 20
    assert text.endswith("and 5 more.")
