"""The text after tools were called: it mentions what they returned, and calls nothing, so every agent's loop ends."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fakeapi import assets, chance
from fakeapi.facts import conversation
from fakeapi.facts.conversation import blocks
from fakeapi.model import Json
from fakeapi.replies.turns import Turn

if TYPE_CHECKING:
    from random import Random

_EXCERPT = 240
_MOST = 4
_UNNAMED = "tool"


def about_results(turn: Turn, *seed: object) -> str:
    """A sentence for each result (the first few of many), and a closing one; "" for a turn without results."""
    if not turn.results:
        return ""
    dice = chance.random("results", *seed)
    names = {block["id"]: str(block["name"]) for block in turn.called}
    said = [_sentence(result, names, dice) for result in turn.results[:_MOST]]
    if len(turn.results) > _MOST:
        said.append(_table()["more"].replace("{count}", str(len(turn.results) - _MOST)))
    failed = all(result.get("is_error") for result in turn.results)
    return " ".join([*said, dice.choice(_table()["closings_after_failure" if failed else "closings"])])


def _sentence(result: Json, names: dict[str, str], dice: Random) -> str:
    text, shown = _text(result), _shown(result)
    if result.get("is_error"):
        phrases = "failed" if text else "empty"
    else:
        phrases = "said" if text else "shown" if shown else "empty"
    sentence: str = dice.choice(_table()[phrases])
    name = names.get(str(result.get("tool_use_id")), _UNNAMED)
    return _ended(sentence.replace("{tool}", name).replace("{excerpt}", text or shown))


def _text(result: Json) -> str:
    """The beginning of a result's text, in one line."""
    parts = blocks(result.get("content"))
    said = " ".join(str(part.get("text", "")) for part in parts if part["type"] == "text")
    words = conversation.one_line(said, _EXCERPT)
    if len(words) <= _EXCERPT:
        return words
    return words[:_EXCERPT].rsplit(" ", 1)[0] + " …"


def _shown(result: Json) -> str:
    """What a result has that isn't text: `an image and a document`."""
    kinds = _table()["kinds"]
    parts = [part for part in blocks(result.get("content")) if part["type"] in kinds]
    said = [kinds[part["type"]].replace("{name}", str(part.get("tool_name", ""))) for part in parts]
    return " and ".join(dict.fromkeys(said))


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?…" else f"{sentence}."


@cache
def _table() -> Any:
    return assets.read_json("fixtures/replies/tool_results.json")
