"""Where the contract isn't strict, bodies that no API would take are answered all the same, and never with a 500."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.settings import Settings
from tests.street import BASIC, message

LOOSE = pytest.mark.parametrize("contract", ["warn", "shape", "off"])
PLAIN = {"type": "text", "media_type": "text/plain", "data": "The bridge was built in 1932."}


@LOOSE
@pytest.mark.parametrize("text", [5, None, ["x"], {"x": 1}], ids=str)
def test_a_document_may_have_a_text_that_is_none(contract: str, text: Any) -> None:
    content = [{"type": "document", "source": PLAIN, "text": text}, {"type": "text", "text": "When?"}]
    body = {**BASIC, "messages": [{"role": "user", "content": content}]}
    assert message(body, settings=Settings(contract=contract))["content"]


@LOOSE
@pytest.mark.parametrize("name", [{}, ["a", "b"], 5, None], ids=str)
def test_an_output_schema_may_require_what_is_no_name(contract: str, name: Any) -> None:
    schema = {"type": "object", "properties": {"a": {}}, "required": [name, "a"], "additionalProperties": False}
    body = {
        **BASIC,
        "model": "claude-opus-4-6",
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    assert message(body, settings=Settings(contract=contract))["content"]
