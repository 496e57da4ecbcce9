"""How an aimock fixture's answer comes, or doesn't: its pace, cuts and chaos, as pace and faults of ours.

Source of what each key does there: aimock 1.43.0, its types, its stream writer and its chaos.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fakeapi.model import Json
from fakeapi.rules.converting.drafts import Notes
from fakeapi.rules.loading.nodes import Node

OPTIONS = (
    "latency",
    "chunkSize",
    "truncateAfterChunks",
    "disconnectAfterMs",
    "streamingProfile",
    "recordedTimings",
    "replaySpeed",
    "chaos",
    "openRouterProcessing",
    "metadata",
)
_PACED = ("streamingProfile", "recordedTimings", "latency")
"""What paces an answer, in the order in which aimock asks."""
_CHUNK = 20
"""Characters of a chunk, by default."""
_TOKEN = 4
"""Characters of a token, about."""
_CERTAIN: dict[str, Json] = {
    "dropRate": {"error": {"status": 500}},
    "malformedRate": {"fault": "malformed"},
    "rateLimitRate": {"error": {"status": 429, "retry_after": 1}},
    "disconnectRate": {"fault": "cut=0"},
}
"""What comes of a rate of 1, in the order in which aimock draws."""


class Way(NamedTuple):
    """Keys beside what is said, and an answer that comes instead of it."""

    more: Json
    instead: Json | None = None


def read_options(node: Node, notes: Notes) -> Way:
    """How the answer of a fixture comes."""
    faults: list[str] = []
    certain = _chaos(node.members["chaos"], notes, faults) if "chaos" in node.members else None
    _cuts(node, notes, faults)
    if certain and "fault" in certain:
        faults.append(certain["fault"])
    more: Json = {"fault": faults[0] if len(faults) == 1 else faults} if faults else {}
    if pace := _pace(node, notes):
        more["pace"] = pace
        slowed = next(name for name in _PACED if name in node.members)
        notes.tell(node.members[slowed], "a plain answer takes its time as well; aimock paces streams only")
    _tell_rest(node, notes)
    instead = {**certain, **more} if certain and "error" in certain else None
    return Way(more, instead)


def _chaos(node: Node, notes: Notes, faults: list[str]) -> Json | None:
    """The failure that is certain. What is left to chance has no counterpart, since nothing here is."""
    if not notes.is_of(dict, node, "chaos"):
        return None
    notes.tell_unknown(node, (*_CERTAIN, "latencyMs"), "chaos")
    waits = _number(node, "latencyMs", notes)
    if waits:
        faults.append(f"slow-headers={_figure(waits / 1000)}")
    for name, outcome in _CERTAIN.items():
        rate = _number(node, name, notes)
        if rate == 1:
            return outcome
        if rate:
            told = f"{name} {_figure(rate)}: nothing here is left to chance, so the answer always comes"
            notes.tell(node.members[name], told, f"for a failure before it write {_failing(outcome)}")
    return None


def _failing(outcome: Json) -> str:
    failure = f"{{error: {outcome['error']['status']}}}" if "error" in outcome else f"{{fault: {outcome['fault']}}}"
    return f"respond: {{attempts: [{failure}, <the answer>]}}"


def _cuts(node: Node, notes: Notes, faults: list[str]) -> None:
    chunks = _number(node, "truncateAfterChunks", notes)
    if chunks:
        faults.append(f"cut={chunks:.0f} events")
        notes.tell(node.members["truncateAfterChunks"], "a plain answer is cut as well; aimock cuts streams only")
    elif "disconnectAfterMs" in node.members:
        faults.append("cut")
        told = "a cut has a place here, not a time: it comes after the fourth event"
        notes.tell(node.members["disconnectAfterMs"], told, "write for example fault: cut=20 tokens")


def _pace(node: Node, notes: Notes) -> str:
    """The pace of an answer; "" where it has none."""
    speed = _number(node, "replaySpeed", notes) or 1.0
    if "streamingProfile" in node.members:
        return _profile(node.members["streamingProfile"], speed, notes)
    if "recordedTimings" in node.members:
        return _recorded(node.members["recordedTimings"], speed, notes)
    latency = _number(node, "latency", notes)
    if not latency:
        return ""
    size = _number(node, "chunkSize", notes) or _CHUNK
    told = f"{_figure(latency)} ms before each chunk of {size:.0f} characters: the pace is about the same"
    notes.tell(node.members["latency"], told)
    return _written(latency / 1000 / speed, speed * size / _TOKEN / (latency / 1000), 0)


def _profile(node: Node, speed: float, notes: Notes) -> str:
    notes.is_of(dict, node, "streamingProfile")
    notes.tell_unknown(node, ("ttft", "tps", "jitter"), "streamingProfile")
    first, rate, jitter = (_number(node, name, notes) for name in ("ttft", "tps", "jitter"))
    return _written(first / 1000 / speed, rate * speed, min(jitter, 1))


def _recorded(node: Node, speed: float, notes: Notes) -> str:
    if not notes.is_of(dict, node, "recordedTimings"):
        return ""
    notes.tell_unknown(node, ("ttftMs", "interChunkDelaysMs", "totalDurationMs"), "recordedTimings")
    listed = node.members.get("interChunkDelaysMs")
    given = listed.value if listed and notes.is_of(list, listed, "interChunkDelaysMs") else []
    delays = [delay for delay in given if isinstance(delay, int | float) and delay > 0]
    notes.tell(node, "of the recorded times, the first token's and the mean speed are kept")
    rate = 1000 * len(delays) / sum(delays) if delays else 0
    return _written(_number(node, "ttftMs", notes) / 1000 / speed, rate * speed, 0)


def _written(first: float, rate: float, jitter: float) -> str:
    values = {"ttft": min(first, 3600), "tokens_per_second": min(rate, 1e9), "jitter": jitter}
    return ",".join(f"{name}={_figure(value)}" for name, value in values.items() if _figure(value) != "0")


def _tell_rest(node: Node, notes: Notes) -> None:
    if "chunkSize" in node.members and not node.members.keys() & {*_PACED}:
        told = "chunkSize is left out: text comes in pieces of about a token, as from the API"
        notes.tell(node.of_key("chunkSize"), told, "for odd pieces write fault: slice=3")
    if "openRouterProcessing" in node.members:
        notes.tell(node.of_key("openRouterProcessing"), "openRouterProcessing is left out: it belongs to OpenRouter")
    if node.members.get("metadata") and node.value["metadata"]:
        told = f"recorded with {_hashes(node.value['metadata'])}; aimock doesn't match by it, either"
        notes.tell(node.of_key("metadata"), told)


def _hashes(metadata: Any) -> str:
    if not isinstance(metadata, dict):
        return str(metadata)
    return ", ".join(f"{name} {value}" for name, value in metadata.items())


def _number(node: Node, name: str, notes: Notes) -> float:
    """A number from 0; 0 where there is none."""
    member = node.members.get(name)
    if member is None or member.value is None:
        return 0.0
    if isinstance(member.value, bool) or not isinstance(member.value, int | float) or member.value < 0:
        notes.tell(member, f"{name} must be a number from 0, so it is left out")
        return 0.0
    return float(member.value)


def _figure(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
