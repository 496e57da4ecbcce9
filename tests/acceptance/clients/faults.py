"""Each fault met by the Python SDK, plain and streamed: prints what came of it as JSON.

Run by test_faults_sdks.py; given a JSON object: name of the case -> what the header asks for.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic

CASES = json.loads(sys.argv[1])
PROMPT = [{"role": "user", "content": "Erzähle von Brücken"}]


class Counting(anthropic.DefaultHttpxClient):
    """Counts what is really sent, retries included."""

    requests = 0

    def send(self, *arguments, **options):
        self.requests += 1
        return super().send(*arguments, **options)


def create(client):
    return client.messages.create(model="claude-haiku-4-5", max_tokens=200, messages=PROMPT)


def stream(client):
    with client.messages.stream(model="claude-haiku-4-5", max_tokens=200, messages=PROMPT) as events:
        text = "".join(events.text_stream)
        message = events.get_final_message()
    assert text == message.content[0].text
    return message


def seen(act, fault):
    headers = {"x-fakeapi-fault": fault}
    with Counting() as http:
        client = anthropic.Anthropic(http_client=http, default_headers=headers, timeout=1.5)
        try:
            message = act(client)
            came = {"text": getattr(message.content[0], "text", None) if message.content else None}
            came["stop_reason"] = message.stop_reason
        except Exception as error:
            kind = type(error)
            came = {"error": kind.__name__ if "anthropic" in kind.__module__ else f"{kind.__module__.split('.')[0]}.{kind.__name__}"}
            came |= {"status": getattr(error, "status_code", None), "sentence": str(error)[:200]}
        return came | {"requests": http.requests}


jobs = {(name, act): fault for name, fault in CASES.items() for act in (create, stream)}
with ThreadPoolExecutor(12) as pool:
    results = dict(zip(jobs, pool.map(lambda job: seen(job[1], jobs[job]), jobs)))
found = {name: {"plain": results[name, create], "stream": results[name, stream]} for name in CASES}
json.dump({"version": anthropic.__version__, "found": found}, sys.stdout)
