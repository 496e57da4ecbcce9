"""The tool loop in LiteLLM and its structured outputs, with no rules: prints what came of it as JSON.

Run by slow_clients.py; all it is given is a base URL and a key.
"""

import json
import os
import sys
from importlib.metadata import version
from typing import Literal

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network for its list of prices
os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"  # and for its list of betas

import litellm
from pydantic import BaseModel

MODEL = "anthropic/claude-opus-4-8"
WEATHER = "What is the weather in Paris?"
TICKET = {"role": "user", "content": "Classify this ticket: the app crashes when I open it. It is urgent."}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
GET_WEATHER = {"name": "get_weather", "description": "Get the current weather in a city", "parameters": PARAMETERS}
TOOLS = [{"type": "function", "function": GET_WEATHER}]


class Ticket(BaseModel):
    """A support ticket."""

    category: Literal["bug", "billing", "other"]
    urgent: bool
    summary: str


def litellm_loop(streamed):
    messages, calls = [{"role": "user", "content": WEATHER}], []
    for _ in range(4):
        answer = completion(messages, streamed)
        messages.append(answer)
        if not answer.tool_calls:
            break
        for call in answer.tool_calls:
            calls.append(json.loads(call.function.arguments))
            told = f"{calls[-1]['city']}: 21 degrees and sunny"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": told})
    return {"calls": calls, "text": answer.content}


def completion(messages, streamed):
    asked = {"model": MODEL, "messages": messages, "tools": TOOLS, "max_tokens": 1024}
    if not streamed:
        return litellm.completion(**asked).choices[0].message
    whole = litellm.stream_chunk_builder(list(litellm.completion(**asked, stream=True)), messages=messages)
    return whole.choices[0].message


def litellm_structured():
    answer = litellm.completion(model=MODEL, messages=[TICKET], response_format=Ticket, max_tokens=1024)
    return Ticket.model_validate_json(answer.choices[0].message.content).model_dump()


results = {
    "versions": {"litellm": version("litellm")},
    "litellm loop": litellm_loop(False),
    "litellm loop streamed": litellm_loop(True),
    "litellm schema output": litellm_structured(),
}
json.dump(results, sys.stdout)
