"""The Python SDK over the in-process transport, without a server: reads requests from stdin, prints what came back.

Run by test_transport_sdks.py under several versions of the SDK, which bring httpx2 or httpx. Each request is answered
once plain and once as a stream, sync and async, by servers that are equal, so that the ids are equal, too.
"""

import asyncio
import json
import sys
import warnings

import anthropic

from fakeapi import Settings, engine
from fakeapi.transport import Transport, async_client, client
from fakeapi.wire import Cut

warnings.simplefilter("ignore")
HELLO = {"model": "claude-opus-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello, Claude"}]}


def server():
    return Transport(Settings(contract="off", pace="tokens_per_second=1,ttft=30"))


def said(message):
    """The message as data; some generations gather streams into more empty members than the plain message has, and
    none of the older ones takes output_tokens_details from where a stream has it, its end."""
    data = message.to_dict(exclude_none=True)
    data["usage"].pop("output_tokens_details", None)
    return data


def streamed(request):
    with client(server()).messages.stream(**request) as stream:
        kinds = sorted({event.type for event in stream})
        return kinds, stream.get_final_message()


async def asynchronously(request):
    plain = await async_client(server()).messages.create(**request)
    async with async_client(server()).messages.stream(**request) as stream:
        text = "".join([chunk async for chunk in stream.text_stream])
        return plain, text, await stream.get_final_message()


def compare(request):
    plain = client(server()).messages.create(**request)
    kinds, final = streamed(request)
    async_plain, text, async_final = asyncio.run(asynchronously(request))
    texts = "".join(block.text for block in plain.content if block.type == "text")
    return {
        "equal": said(plain) == said(final) == said(async_plain) == said(async_final) and text == texts,
        "kinds": kinds,
    }


def fault_of(attempt):
    try:
        attempt()
    except Exception as fault:
        names = [kind.__name__ for kind in type(fault).__mro__]
        return [type(fault).__module__.partition(".")[0], names[0], str(fault.__cause__ or fault)]
    return None


def cut_after(count):
    handle = engine.handle

    def cutting(*given):
        answer = handle(*given)
        return answer._replace(reply=answer.reply._replace(effects=[*list(answer.reply.effects)[:count], Cut()]))

    engine.handle = cutting
    try:
        return (
            fault_of(lambda: streamed(HELLO))
            if count
            else fault_of(lambda: client(max_retries=0).messages.create(**HELLO))
        )
    finally:
        engine.handle = handle


paced = server()
client(paced).messages.create(**HELLO)
results = {
    "version": anthropic.__version__,
    "library": anthropic.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0],
    "compared": {name: compare(request) for name, request in json.load(sys.stdin).items()},
    "virtual_seconds": paced.clock.now - Transport().clock.now,
    "refused": fault_of(lambda: client().messages.create(**{**HELLO, "messages": []})),
    "timed_out": fault_of(lambda: client(server(), timeout=20, max_retries=0).messages.create(**HELLO)),
    "cut_at_once": cut_after(0),
    "cut_in_stream": cut_after(4),
}
json.dump(results, sys.stdout)
