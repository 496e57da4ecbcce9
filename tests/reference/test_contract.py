"""The contract against the evidence: every catalogued error, every measured case, every recorded request."""

from __future__ import annotations

import json
import re
from typing import Any

from fakeapi.facts import catalogue
from tests.reference.conftest import rows
from tests.street import Lines, ask
from tests.street import json as content

VERSION = ("anthropic-version", "2023-06-01")
ALL_BETAS = ",".join(sorted(catalogue.known_betas()))
SUPERSEDED = {
    "messages.25: all messages must have non-empty content": "2025 wording; measured newer: user messages must ...",
    'messages: first message must use the "user" role': "enforced until 2024; a recorded 200 has it",
    "tool_choice: Input should be a valid dictionary": "2025 wording; measured newer: Input should be an object",
    "tools.0: Input tag 'function' found": "the tag list of April 2025; ours is the newest",
    "tools.0: Input tag 'mcp' found": "the tag list of spring 2026; ours is the newest",
    "max_tokens: 32000 > 8192": "the example request is for another model than the quoted one",
    "x-api-key header is required": "the row's request has no headers; tests/test_door.py sends it without a key",
    "API key is invalid.": "needs --api-key; see tests/test_door.py",
}
"""Rows of the catalogue that contradict a newer row, or that the request alone does not show, and why."""


def indexless(sentence: str) -> str:
    """A sentence without its positions and ids: rows quote them from other requests than their own example."""
    plain = re.sub(r"\(exact sentence.*?\)", "", sentence)
    return re.sub(r"\.\d+|\btoolu_\w+|(?<=max_tokens: )\d+ > \d+", "", plain).strip()


def answered(body: Any, headers: Lines, path: str) -> tuple[int, str, str]:
    answer = ask(body, headers, path=path)
    if answer.reply.status == 200:
        return 200, "", ""
    error = content(answer)["error"]
    return answer.reply.status, error["type"], error["message"]


def _asked(row: dict[str, Any]) -> tuple[Any, Lines, str]:
    """Body, headers and path of a row's example: some rows give headers beside the body."""
    example, when = row["example_request"], row["when"] or ""
    extra = example.pop("headers", {}) if "headers" in example else {}
    body = example.get("body", example)
    lines = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json", **extra}
    path = "/v1/messages"
    if "count_tokens" in when and "also count_tokens" not in when:
        path += "/count_tokens"
    return body, tuple(lines.items()), path


def test_every_catalogued_error_with_an_example_gets_its_status_type_and_sentence():
    held, superseded, wrong = 0, [], []
    for row in rows("errors.jsonl"):
        if not row["example_request"] or row["status"] == 200 or "requests" in row["example_request"]:
            continue
        reason = next((why for start, why in SUPERSEDED.items() if row["message"].startswith(start)), None)
        if reason:
            superseded.append((row["message"][:70], reason))
            continue
        status, type_, message = answered(*_asked(row))
        expected, got = indexless(row["message"]), indexless(message)
        same = got == expected or got.endswith(expected) or got.startswith(expected.removesuffix("...").rstrip())
        if (status, type_) == (row["status"], row["type"]) and same:
            held += 1
        else:
            wrong.append((row["status"], row["message"], status, message))
    print(f"\ncatalogued errors: {held} hold, {len(superseded)} superseded, {len(wrong)} wrong")
    for sentence, reason in superseded:
        print(f"   superseded: {sentence} ({reason})")
    assert wrong == []
    assert held > 100


def test_every_measured_validation_case_holds():
    wrong = []
    cases = list(rows("validation_cases.jsonl"))
    for case in cases:
        status, _, message = answered(case["request"], (("x-api-key", "k"), VERSION), "/v1/messages")
        if status != case["expect_status"] or (case["expect_message"] or "") != message:
            wrong.append((case["note"], status, message))
    print(f"\nvalidation cases: {len(cases) - len(wrong)} of {len(cases)} hold")
    assert wrong == []


def _recorded(recordings: list[dict[str, Any]], *statuses: int) -> list[dict[str, Any]]:
    paths = ("/v1/messages", "/v1/messages/count_tokens")
    return [
        row
        for row in recordings
        if row["request"]["method"] == "POST"
        and row["request"]["path"].split("?")[0] in paths
        and row["response"]["status"] in statuses
        and isinstance(row["request"]["body"], dict)
    ]


def replayed(row: dict[str, Any]) -> tuple[int, str, str]:
    """Our answer to a recorded request; where its headers were scrubbed, every beta is opened."""
    request = row["request"]
    betas = request["headers"].get("anthropic-beta") or ALL_BETAS
    headers = (("x-api-key", "k"), VERSION, ("anthropic-beta", betas))
    return answered(request["body"], headers, request["path"].split("?")[0])


def is_scrubbed(body: dict[str, Any]) -> bool:
    """Whether the recording replaced what the API checks: long base64, signatures, ids."""
    return bool(re.search(r'"<base64 \d+ chars|_REDACTED_\d', json.dumps(body)))


def test_every_recorded_request_that_was_answered_is_accepted(recordings):
    whole = _recorded(recordings, 200)
    answered_rows = [row for row in whole if not is_scrubbed(row["request"]["body"])]
    refused = []
    for row in answered_rows:
        status, _, message = replayed(row)
        if status != 200:
            refused.append((row["id"], row["request"]["body"].get("model"), message))
    accepted = len(answered_rows) - len(refused)
    left = [row["id"] for row in whole if is_scrubbed(row["request"]["body"])]
    print(f"\nrecorded 200: {accepted} of {len(answered_rows)} accepted; {len(left)} scrubbed ones left aside: {left}")
    assert refused == []
    assert accepted > 1300


NOT_DECIDED_BY_THE_REQUEST = {
    "Your credit balance is too low": "the account's balance",
    "prompt is too long": "the recorded bodies are truncated",
    "model: claude-3-5-sonnet-20241022": "retired: --models current refuses it",
}


def test_every_recorded_refusal_that_the_request_decides_is_refused_alike(recordings):
    held, different, aside = 0, [], []
    for row in _recorded(recordings, 400, 404):
        body = row["response"]["body"]
        expected = body["error"]["message"] if isinstance(body, dict) else str(body)
        status, _, message = replayed(row)
        reason = next((why for start, why in NOT_DECIDED_BY_THE_REQUEST.items() if expected.startswith(start)), None)
        if status == row["response"]["status"] and indexless(message) == indexless(expected):
            held += 1
        elif reason:
            aside.append((row["id"], expected[:60], reason))
        else:
            different.append((row["id"], expected[:160], status, message[:160]))
    print(f"\nrecorded 400 and 404: {held} alike, {len(different)} different, {len(aside)} not decided by the request:")
    for one in aside:
        print("  ", one)
    assert different == []
    assert held > 30


def test_count_tokens_equals_the_usage_of_every_recorded_request(recordings):
    """All input counts of a message sum to what count_tokens says of the same conversation."""
    compared = 0
    for row in _recorded(recordings, 200):
        body = row["request"]["body"]
        if is_scrubbed(body) or "count_tokens" in row["request"]["path"]:
            continue
        headers = (("x-api-key", "k"), VERSION, ("anthropic-beta", ALL_BETAS))
        message = content(ask({**body, "stream": False}, headers))
        counted = {name: value for name, value in body.items() if name not in NOT_COUNTED}
        count = content(ask(counted, headers, path="/v1/messages/count_tokens"))
        usage = message["usage"]
        if "server_tool_use" in usage or any(step["type"] == "compaction" for step in usage.get("iterations", ())):
            continue  # each round of a server tool reads all again; behind a summary, only that is read
        whole = sum(usage[name] for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"))
        assert whole == count["input_tokens"], row["id"]
        compared += 1
    print(f"\ncount_tokens equals usage for {compared} recorded requests")
    assert compared > 1300


NOT_COUNTED = {"max_tokens", "stream", "metadata", "stop_sequences", "temperature", "top_p", "top_k", "service_tier",
               "inference_geo", "container", "diagnostics", "fallbacks"}  # fmt: skip
