"""Each fault met by the Python SDK, plain and streamed: prints what came of it as JSON.

Run by test_faults_sdks.py; given a JSON object: what the header asks for -> the client's timeout in seconds.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic

CASES = json.loads(sys.argv[1])
MODEL = "claude-haiku-4-5"
PROMPT = [{"role": "user", "content": "Erzähle von Brücken"}]


class Counting(anthropic.DefaultHttpxClient):
    """Counts what is really sent, retries included."""

    requests = 0

    def send(self, *arguments, **options):
        self.requests += 1
        return super().send(*arguments, **options)


def plain(client):
    return client.messages.create(model=MODEL, max_tokens=200, messages=PROMPT)


def stream(client):
    with client.messages.stream(model=MODEL, max_tokens=200, messages=PROMPT) as events:
        text = "".join(events.text_stream)
        message = events.get_final_message()
    assert text == message.content[0].text, "the pieces are not the text"
    return message


def name(error):
    module = type(error).__module__.partition(".")[0]
    return f"httpx2.{type(error).__name__}" if module.startswith("httpx") else type(error).__name__


def seen(number, act, fault):
    """What came of one call, in a session of its own."""
    base_url = f"{os.environ['ANTHROPIC_BASE_URL']}/s/python-{number}"
    with Counting() as http:
        options = {"timeout": CASES[fault], "default_headers": {"x-fakeapi-fault": fault}}
        client = anthropic.Anthropic(base_url=base_url, http_client=http, **options)
        try:
            message = act(client)
            came = {"text": message.content[0].text, "stop_reason": message.stop_reason}
        except Exception as error:
            came = {"error": name(error), "status": getattr(error, "status_code", None), "sentence": str(error)}
            came["type"] = getattr(error, "type", None)
        return came | {"requests": http.requests}


jobs = [(fault, act) for fault in CASES for act in (plain, stream)]
with ThreadPoolExecutor(12) as pool:
    results = list(pool.map(lambda number: seen(number, jobs[number][1], jobs[number][0]), range(len(jobs))))
found = {fault: {} for fault in CASES}
for (fault, act), came in zip(jobs, results, strict=True):
    found[fault][act.__name__] = came
json.dump({"version": anthropic.__version__, "found": found}, sys.stdout)
