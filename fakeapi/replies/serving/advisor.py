"""The advisor: what a stronger model says to the conversation, shown or encrypted (official SDK types, recorded)."""

from __future__ import annotations

from fakeapi.facts import catalogue, tokens
from fakeapi.facts.signatures import seal
from fakeapi.model import Json
from fakeapi.replies.serving import blocks
from fakeapi.replies.serving.data import pattern, phrase, table, text_block
from fakeapi.replies.serving.situation import Situation, Step


def plan(_: Situation) -> list[Step]:
    """One question to the advisor; it reads the conversation by itself, so its input is empty."""
    return [Step("advisor", {})]


def result(now: Situation, used: int) -> Json:
    """The content of the advisor's result."""
    code = blocks.triggered(now, "advisor")
    if not code and blocks.is_used_up(now, "advisor", used):
        code = "max_uses_exceeded"
    tool = now.tool("advisor") or {}
    model = catalogue.resolve(str(tool.get("model", "")))
    if not code and model is None:
        code = "model_not_found"
    if code or model is None:
        return blocks.error("advisor", code)
    text, reason = _advice(now, tool.get("max_tokens"), model.tokenizer)
    if model.line in table("advice")["redacted_lines"]:
        sealed = seal(text, "advisor_result")
        return {"type": "advisor_redacted_result", "encrypted_content": sealed, "stop_reason": reason}
    return {"type": "advisor_result", "text": text, "stop_reason": reason}


def tell(now: Situation, results: list[Json]) -> list[Json]:
    """What is said after advice."""
    content, dice = results[-1]["content"], now.dice("advisor")
    code = blocks.error_code(results[-1])
    if code:
        return [text_block(phrase(f"failures.{code}", dice))]
    if content["type"] == "advisor_redacted_result":
        return [text_block(phrase("advised_secretly", dice))]
    return [text_block(phrase("advised", dice, result=str(content.get("text", "")).split(". ")[0].rstrip(".") + "."))]


def _advice(now: Situation, most: int | None, family: str) -> tuple[str, str]:
    """The advice and why it ends."""
    rows = table("advice")["advice"]
    text = next(row["text"] for row in rows if pattern(row["when"]).search(now.question))
    if most is not None and tokens.count(text, family) > most:
        return tokens.cut(text, most, family), "max_tokens"
    return text, "end_turn"
