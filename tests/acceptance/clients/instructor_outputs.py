"""Structured outputs in Instructor, with no rules: prints what came of them as JSON.

Run by slow_clients.py; all it is given is a base URL and a key.
"""

import json
import sys
from importlib.metadata import version
from typing import Literal

import instructor
from pydantic import BaseModel

TICKET = {"role": "user", "content": "Classify this ticket: the app crashes when I open it. It is urgent."}


class Ticket(BaseModel):
    """A support ticket."""

    category: Literal["bug", "billing", "other"]
    urgent: bool
    summary: str


client = instructor.from_provider("anthropic/claude-opus-4-8")
asked = {"response_model": Ticket, "messages": [TICKET], "max_tokens": 1024, "max_retries": 0}
results = {
    "versions": {name: version(name) for name in ("instructor", "anthropic")},
    "instructor tool output": client.create(**asked).model_dump(),
    "instructor tool output streamed": list(client.create_partial(**asked))[-1].model_dump(),
}
json.dump(results, sys.stdout)
