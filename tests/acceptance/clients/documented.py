"""The documented examples and one refusal of each kind, through the Python SDK: prints what came back as JSON.

Run by test_python_sdks.py under several versions of the SDK; all it is given is a base URL and a key.
"""

import json
import sys

import anthropic

MODEL = "claude-opus-4-1-20250805"
PICTURE = sys.argv[1]
ANT = "https://upload.wikimedia.org/wikipedia/commons/a/a7/Camponotus_flavomarginatus_ant.jpg"
HELLO = [{"role": "user", "content": "Hello, Claude"}]
client = anthropic.Anthropic(max_retries=0)


def ask(messages, max_tokens=1024, by=client, **more):
    return by.messages.create(model=MODEL, max_tokens=max_tokens, messages=messages, **more)


def seen(message):
    text = "".join(block.text for block in message.content)
    return [text, message.stop_reason, message.usage.input_tokens, message.usage.output_tokens]


def vision(source):
    question = {"type": "text", "text": "What is in the above image?"}
    return seen(ask([{"role": "user", "content": [{"type": "image", "source": source}, question]}]))


def refused(attempt):
    try:
        attempt()
    except anthropic.APIStatusError as fault:
        return [type(fault).__name__, fault.status_code, fault.body["error"]["message"], fault.request_id is not None]
    return None


base = str(client.base_url)
latin = "What is latin for Ant? (A) Apoidea, (B) Rhopalocera, (C) Formicidae"
results = {
    "version": anthropic.__version__,
    "basic": seen(ask(HELLO)),
    "turns": seen(
        ask(
            [
                *HELLO,
                {"role": "assistant", "content": "Hello!"},
                {"role": "user", "content": "Can you describe LLMs to me?"},
            ]
        )
    ),
    "prefill": seen(
        ask([{"role": "user", "content": latin}, {"role": "assistant", "content": "The answer is ("}], max_tokens=1)
    ),
    "base64": vision({"type": "base64", "media_type": "image/png", "data": PICTURE}),
    "url": vision({"type": "url", "url": ANT}),
    "request_id": ask(HELLO)._request_id,
    "other": seen(ask([{"role": "user", "content": "What is a viaduct?"}])),
    "bad_key": refused(lambda: ask(HELLO, by=client.with_options(api_key="wrong"))),
    "bad_body": refused(lambda: ask([])),
    "bad_beta": refused(lambda: ask(HELLO, extra_headers={"anthropic-beta": "nope"})),
    "bad_version": refused(lambda: ask(HELLO, extra_headers={"anthropic-version": "2020-01-01"})),
    "bad_model": refused(lambda: client.messages.create(model="claude-none", max_tokens=1, messages=HELLO)),
    "bad_path": refused(lambda: client.post("/v1/nothing", cast_to=object)),
    "bad_method": refused(lambda: client.get("/v1/messages", cast_to=object)),
    "too_large": refused(lambda: ask([{"role": "user", "content": "x" * (33 * 1024 * 1024)}])),
    "slash": seen(ask(HELLO, by=client.with_options(base_url=base.rstrip("/") + "/"))),
    "prefix": seen(ask(HELLO, by=client.with_options(base_url=base.rstrip("/") + "/some/proxy"))),
}
json.dump(results, sys.stdout)
