"""What every SDK must get for the documented examples and for each refusal."""

from __future__ import annotations

from typing import Any

ANT_ANSWER = (
    "This image shows an ant, specifically a close-up view of an ant. The ant is shown in detail, with its distinct "
    "head, antennae, and legs clearly visible. The image is focused on capturing the intricate details and features of "
    "the ant, likely taken with a macro lens to get an extreme close-up perspective."
)
DOCUMENTED: dict[str, list[Any]] = {
    "basic": ["Hello!", "end_turn", 12, 6],
    "turns": ["Sure, I'd be happy to provide...", "end_turn", 30, 309],
    "prefill": ["C", "max_tokens", 42, 1],
    "base64": [ANT_ANSWER, "end_turn", 1551, 71],
    "url": [ANT_ANSWER, "end_turn", 1551, 71],
    "slash": ["Hello!", "end_turn", 12, 6],
    "prefix": ["Hello!", "end_turn", 12, 6],
}
REFUSED: dict[str, list[Any]] = {
    "bad_body": ["BadRequestError", 400, "messages: at least one message is required", True],
    "bad_version": ["BadRequestError", 400, 'anthropic-version: "2020-01-01" is not a valid version', True],
    "bad_model": ["NotFoundError", 404, "model: claude-none", True],
    "bad_path": ["NotFoundError", 404, "Not Found", True],
}


def check(results: dict[str, Any]) -> None:
    """Fails where a client's results are not as documented."""
    for name, expected in (DOCUMENTED | REFUSED).items():
        assert results[name] == expected, name
    assert results["request_id"].startswith("req_011C")
    assert results["other"][1] == "end_turn"
    assert results["other"][2] > 5
    assert results["bad_key"][:2] == ["AuthenticationError", 401]
    assert results["bad_beta"][:2] == ["BadRequestError", 400]
    assert results["bad_beta"][2].startswith("Unexpected value(s) `nope` for the `anthropic-beta` header.")
    assert results["bad_method"][1:3] == [405, "Method Not Allowed"]
    assert results["too_large"][1:3] == [413, "Request exceeds the maximum size"]
