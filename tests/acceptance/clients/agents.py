"""What agents do, through the official Python SDK, with no rules: prints what came of it as JSON.

Run by test_agents.py; it is given a base URL and a key, and on stdin a PDF as base64.
"""

import asyncio
import json
import sys
from typing import Literal

import anthropic
from anthropic import beta_async_tool, beta_tool
from pydantic import BaseModel, Field

MODEL, NEWEST, OLDER = "claude-opus-4-8", "claude-opus-5-5", "claude-sonnet-4-6"
PDF = sys.stdin.read()
client = anthropic.Anthropic(max_retries=0)
aclient = anthropic.AsyncAnthropic(max_retries=0)
called = []


def weather(city, unit="celsius"):
    called.append({"city": city, "unit": unit})
    return f"{city}: 21 degrees {unit} and sunny"


@beta_tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> str:
    """Get the current weather in a city.

    Args:
        city: the city, for example London
        unit: the unit of the temperature
    """
    return weather(city, unit)


@beta_async_tool(name="get_weather")
async def get_weather_async(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> str:
    """Get the current weather in a city."""
    return weather(city, unit)


def question(text):
    return {"role": "user", "content": text}


WEATHER = {"model": MODEL, "max_tokens": 1024, "messages": [question("What is the weather in Paris?")]}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def loop_seen(messages):
    """The calls that were made since the last look, how each turn ended, and what was said at the end."""
    calls, called[:] = list(called), []
    return {"calls": calls, "ends": [each.stop_reason for each in messages], "text": text_of(messages[-1])}


def looped(**how):
    return loop_seen(list(client.beta.messages.tool_runner(**WEATHER | how, tools=[get_weather])))


def looped_streaming(**how):
    runner = client.beta.messages.tool_runner(**WEATHER | how, tools=[get_weather], stream=True)
    messages = []
    for stream in runner:
        for _ in stream:
            pass
        messages.append(stream.get_final_message())
    return loop_seen(messages)


async def looped_async():
    runner = aclient.beta.messages.tool_runner(**WEATHER, tools=[get_weather_async])
    return loop_seen([message async for message in runner])


async def looped_async_streaming():
    runner = aclient.beta.messages.tool_runner(
        **WEATHER, tools=[get_weather_async], stream=True, run_tools_eagerly=True
    )
    return loop_seen([await stream.get_final_message() async for stream in runner])


class Address(BaseModel):
    street: str
    city: str


class Contact(BaseModel):
    name: str
    email: str
    age: int = Field(ge=18, le=120)
    plan: Literal["free", "pro", "enterprise"]
    addresses: list[Address] = Field(min_length=1)
    notes: str | None = None


PARSE = {
    "model": MODEL,
    "max_tokens": 2048,
    "messages": [question("John Smith (john@example.com, 41) of 5 High Street, Leeds wants the pro plan.")],
    "output_format": Contact,
}


def parsed_seen(message):
    return {"parsed": message.parsed_output.model_dump(), "end": message.stop_reason}


def parsed_streaming():
    with client.messages.stream(**PARSE) as stream:
        return parsed_seen(stream.get_final_message())


def parsed_beta():
    return parsed_seen(client.beta.messages.parse(**PARSE))


async def parsed_async():
    async with aclient.messages.stream(**PARSE) as stream:
        return parsed_seen(await stream.get_final_message())


class Bounded(BaseModel):
    score: int = Field(ge=1000, le=1010)
    code: str = Field(pattern=r"^[A-Z]{3}-\d{4}$", description="The code of the product")
    tags: list[str] = Field(min_length=4, max_length=4)
    size: tuple[int, int]


BOUNDED = {**PARSE, "messages": [question("Tell me about a bridge.")], "output_format": Bounded}


def bounded_streaming():
    with client.messages.stream(**BOUNDED) as stream:
        return parsed_seen(stream.get_final_message())


TOOLS = [
    {
        "name": "get_weather",
        "description": "Get the current weather in a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
    {
        "name": "get_time",
        "description": "Get the current time in a timezone",
        "input_schema": {"type": "object", "properties": {"timezone": {"type": "string"}}, "required": ["timezone"]},
    },
]
TURNS = ["What is the weather in Paris?", "And what is the weather in Lima?", "Now get the time in Asia/Tokyo."]


def ask(streamed, **request):
    if not streamed:
        return client.messages.create(**request)
    with client.messages.stream(**request) as stream:
        for _ in stream:
            pass
        return stream.get_final_message()


def thought(model, thinking, streamed):
    """Three turns, each with a tool; every answer goes back as it came, signatures and all."""
    request = {"model": model, "max_tokens": 4000, "thinking": thinking, "tools": TOOLS, "messages": []}
    ends, thoughts, calls, said = [], [], [], []
    for turn in TURNS:
        request["messages"].append(question(turn))
        message = ask(streamed, **request)
        while message.stop_reason == "tool_use":
            ends.append(message.stop_reason)
            thoughts += [block for block in message.content if block.type == "thinking"]
            uses = [block for block in message.content if block.type == "tool_use"]
            calls += [{"name": block.name, "input": block.input} for block in uses]
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": f"{block.name} says 21"} for block in uses
            ]
            request["messages"] += [
                {"role": "assistant", "content": message.content},
                {"role": "user", "content": results},
            ]
            message = ask(streamed, **request)
        ends.append(message.stop_reason)
        thoughts += [block for block in message.content if block.type == "thinking"]
        said.append(text_of(message))
        request["messages"].append({"role": "assistant", "content": message.content})
    return {
        "ends": ends,
        "calls": calls,
        "said": said,
        "signed": [bool(block.signature) for block in thoughts],
        "shown": [bool(block.thinking) for block in thoughts],
        "tampered": tampered(request),
    }


def tampered(request):
    """What is said to the same conversation where one signature was changed."""
    answer = next(message for message in request["messages"] if message["role"] == "assistant")
    blocks = [block.model_dump(exclude_none=True) for block in answer["content"]]
    signature = blocks[0]["signature"]
    blocks[0]["signature"] = signature[:40] + ("A" if signature[40] != "A" else "B") + signature[41:]
    messages = [{**answer, "content": blocks} if each is answer else each for each in request["messages"]]
    try:
        client.messages.create(**{**request, "messages": [*messages, question("Thank you.")]})
    except anthropic.BadRequestError as fault:
        return fault.body["error"]["message"]
    return None


def cited(streamed):
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    document = {"type": "document", "source": source, "title": "Bridges", "citations": {"enabled": True}}
    content = [document, {"type": "text", "text": "What does the document say about bridges?"}]
    message = ask(streamed, model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": content}])
    citations = [
        each.model_dump() for block in message.content if block.type == "text" for each in block.citations or []
    ]
    return {"citations": citations, "text": text_of(message), "end": message.stop_reason}


MANUAL, ADAPTIVE = {"type": "enabled", "budget_tokens": 2000}, {"type": "adaptive"}


async def run():
    return {
        "version": anthropic.__version__,
        "loop": looped(),
        "loop streamed": looped_streaming(),
        "loop without threads": looped(thread=False),
        "loop without threads streamed": looped_streaming(thread=False),
        "loop async": await looped_async(),
        "loop async streamed": await looped_async_streaming(),
        "parse": parsed_seen(client.messages.parse(**PARSE)),
        "parse streamed": parsed_streaming(),
        "parse beta": parsed_beta(),
        "parse async streamed": await parsed_async(),
        "bounded": parsed_seen(client.messages.parse(**BOUNDED)),
        "bounded streamed": bounded_streaming(),
        "thinking": thought(OLDER, MANUAL, False),
        "thinking streamed": thought(OLDER, MANUAL, True),
        "adaptive thinking": thought(NEWEST, ADAPTIVE, False),
        "adaptive thinking streamed": thought(NEWEST, ADAPTIVE, True),
        "summarized thinking": thought(MODEL, ADAPTIVE | {"display": "summarized"}, False),
        "citations": cited(False),
        "citations streamed": cited(True),
    }


json.dump(asyncio.run(run()), sys.stdout)
