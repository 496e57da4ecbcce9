"""The tool loop in LangChain and Pydantic AI, with no rules, and their structured outputs: prints what came as JSON.

Run by test_frameworks.py; all it is given is a base URL and a key.
"""

import asyncio
import json
import sys
from importlib.metadata import version
from typing import Literal

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.models.anthropic import AnthropicModel

MODEL, NEWEST = "claude-opus-4-8", "claude-opus-5-5"
WEATHER = "What is the weather in Paris?"
TICKET = "Classify this ticket: the app crashes when I open it. It is urgent."
called = []


class Ticket(BaseModel):
    """A support ticket."""

    category: Literal["bug", "billing", "other"]
    urgent: bool
    summary: str


def weather(city: str) -> str:
    """Get the current weather in a city."""
    called.append({"city": city})
    return f"{city}: 21 degrees and sunny"


def seen(text):
    calls, called[:] = list(called), []
    return {"calls": calls, "text": text}


# ---- LangChain: the loop by hand, as its documentation shows it


get_weather = tool("get_weather")(weather)


def langchain_loop(streamed, model=MODEL):
    chat = ChatAnthropic(model=model, max_tokens=1024, max_retries=0).bind_tools([get_weather])
    messages = [HumanMessage(WEATHER)]
    for _ in range(4):
        answer = gathered(chat.stream(messages)) if streamed else chat.invoke(messages)
        messages.append(answer)
        if not answer.tool_calls:
            break
        messages += [get_weather.invoke(call) for call in answer.tool_calls]
    return seen(answer.text if isinstance(answer.text, str) else answer.text())


def gathered(chunks):
    whole = None
    for chunk in chunks:
        whole = chunk if whole is None else whole + chunk
    return whole


def langchain_structured(method, model):
    chat = ChatAnthropic(model=model, max_tokens=1024, max_retries=0)
    return chat.with_structured_output(Ticket, method=method).invoke(TICKET).model_dump()


# ---- Pydantic AI: the agent drives the loop


def agent(model=MODEL, **how):
    return Agent(AnthropicModel(model), **how)


async def pydantic_ai_loop():
    weatherman = agent(tools=[])
    weatherman.tool_plain(name="get_weather")(weather)
    return seen((await weatherman.run(WEATHER)).output)


async def pydantic_ai_loop_streamed():
    weatherman = agent()
    weatherman.tool_plain(name="get_weather")(weather)
    async with weatherman.run_stream(WEATHER) as run:
        return seen(await run.get_output())


async def pydantic_ai_structured(output, model=MODEL):
    run = await agent(model, output_type=output).run(TICKET)
    calls = [part for message in run.all_messages() for part in message.parts if isinstance(part, ToolCallPart)]
    return {**run.output.model_dump(), "calls": len(calls)}


async def run():
    return {
        "versions": {name: version(name) for name in ("langchain-anthropic", "pydantic-ai-slim", "anthropic")},
        "langchain loop": langchain_loop(False),
        "langchain loop streamed": langchain_loop(True),
        "langchain loop, newest model": langchain_loop(False, NEWEST),
        "langchain tool output": langchain_structured("function_calling", MODEL),
        "langchain tool output, not forced": langchain_structured("function_calling", NEWEST),
        "langchain schema output": langchain_structured("json_schema", MODEL),
        "pydantic-ai loop": await pydantic_ai_loop(),
        "pydantic-ai loop streamed": await pydantic_ai_loop_streamed(),
        "pydantic-ai tool output": await pydantic_ai_structured(ToolOutput(Ticket)),
        "pydantic-ai tool output, not forced": await pydantic_ai_structured(ToolOutput(Ticket), NEWEST),
        "pydantic-ai schema output": await pydantic_ai_structured(NativeOutput(Ticket)),
    }


json.dump(asyncio.run(run()), sys.stdout)
