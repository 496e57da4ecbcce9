"""The three ways to a session of a server, and what tests say to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anthropic

import fakeapi
from fakeapi.adapters.tester.tester import Tester
from fakeapi.transport import Transport

WAYS = ("server", "connected", "in_process")
ASKED: dict[str, Any] = {"model": "claude-opus-5", "max_tokens": 200}


@contextmanager
def reached(way: str, session: str | None = None, **settings: Any) -> Iterator[Tester]:
    """A session of a new server, by one of the ways; the default one by itself."""
    if way == "in_process":
        tester = fakeapi.in_process(Transport(fakeapi.Settings(**settings)))
        yield tester if session is None else tester.session(session)
        return
    with fakeapi.Server(**settings) as server:
        if way == "connected":
            yield fakeapi.connect(server.url, session)
        else:
            yield server if session is None else server.session(session)


def ask(tester: Tester, text: str, *, retries: int = 0, **more: Any) -> str:
    """What is said to a text; the error's type where it is one."""
    given = {**ASKED, "messages": [{"role": "user", "content": text}], **more}
    with client_of(tester, max_retries=retries) as client:
        try:
            return said(client.messages.create(**given))
        except anthropic.APIStatusError as fault:
            return f"{fault.status_code} {fault.type}"


def client_of(tester: Tester, **options: Any) -> anthropic.Anthropic:
    """A client of a session; certificates, which nobody looks at here, take long to read."""
    if tester.url.startswith("http://127."):
        options["http_client"] = anthropic.DefaultHttpxClient(verify=False)
    return tester.client(**options)


def said(message: Any) -> str:
    """The blocks of a message, in words."""
    return " ".join(block.text if block.type == "text" else f"{block.name} {block.input}" for block in message.content)


def told_tool(name: str = "get_weather") -> dict[str, Any]:
    """A tool on offer."""
    return {"name": name, "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
