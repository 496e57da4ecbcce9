"""The text of a structured output: it parses, and fits its schema and what the SDKs moved from it into descriptions."""

from __future__ import annotations

import orjson

from fakeapi.facts import described, schema_parts
from fakeapi.model import Json
from fakeapi.replies.sampling import sample_json_text


def json_text(schema: Json, *seed: object, hints: str = "") -> str:
    """The JSON of a value that satisfies the schema, and if it can the bounds that its descriptions tell."""
    meant = described.restored(schema)
    text = sample_json_text(meant, *seed, hints=hints)
    if meant is schema or schema_parts.parts(schema).accepts(orjson.loads(text)):
        return text
    return sample_json_text(schema, *seed, hints=hints)
