"""Fits the overheads of the token counter to recordings, and prints how good the counts are on those held back.

    python benchmarks/fit_tokens.py RECORDINGS.jsonl.gz [--write] [--plot docs/tokens.png] [--misses N]

Half of the prompts fit, the other half is held back (by a hash of the prompt, so equal prompts are on one side). A
fit moves each overhead of `fixtures/tokens/prompt.json` by the median of what the recordings it touches are off;
`--write` puts the moved ones into that file. The vocabularies are not fitted: they were measured (docs/tokens.md).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

from token_recordings import Recording, read

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fakeapi.facts import catalogue, counting, prompts  # noqa: E402  # the checkout, not an installed package
from fakeapi.facts.conversation import blocks  # noqa: E402
from fakeapi.facts.frames import Frame, frame  # noqa: E402
from fakeapi.model import Model  # noqa: E402

PROMPT = ROOT / "fixtures" / "tokens" / "prompt.json"
ENOUGH = 6
"""So many recordings must tell of an overhead for it to be moved."""


class Count(NamedTuple):
    """One recorded number and our count of the same."""

    group: str
    family: str
    recorded: int
    counted: int
    recording: Recording

    @property
    def error(self) -> float:
        """How far off, in percent."""
        return 100 * abs(self.counted - self.recorded) / max(self.recorded, 1)


def main() -> None:
    """Fit, print, plot."""
    options = _options()
    recordings = list(read(options.recordings))
    fitting = [recording for recording in recordings if not recording.held_back]
    moved = fit(fitting)
    _print_fit(moved, len(fitting))
    if options.write:
        _write(moved)
    held_back = [recording for recording in recordings if recording.held_back]
    inputs = [count for recording in held_back if (count := input_count(recording))]
    outputs = [count for recording in held_back if (count := output_count(recording))]
    _print_accuracy("input", inputs)
    _print_accuracy("output", outputs)
    for count in sorted(inputs, key=lambda each: -each.error)[: options.misses]:
        print(f"{count.group}: {count.counted} for {count.recorded}, {count.recording.model}, {count.recording.repo}")
    if options.plot:
        _plot(inputs, outputs, options.plot)


def input_count(recording: Recording) -> Count | None:
    """The input of a request, recorded and counted; None for a model that the catalogue doesn't know."""
    model = _model(recording)
    if model is None or not recording.input_tokens:
        return None
    counted = counting.input_tokens(recording.body, model)
    return Count(_group(recording), model.tokenizer, recording.input_tokens, counted, recording)


def output_count(recording: Recording) -> Count | None:
    """The output of an answer made of texts and tool calls; None for others, and for a count of tokens."""
    model = _model(recording)
    kinds = {block["type"] for block in recording.content}
    if model is None or not recording.output_tokens or not kinds or not kinds <= {"text", "tool_use"}:
        return None
    choice = (recording.body.get("tool_choice") or {}).get("type")
    counted = counting.output_tokens(
        recording.content,
        model.tokenizer,
        recording.stop_reason,
        tool_choice=choice,
        created_at=model.created_at,
    )
    group = "with tool calls" if "tool_use" in kinds else "texts"
    return Count(group, model.tokenizer, recording.output_tokens, counted, recording)


def _model(recording: Recording) -> Model | None:
    return catalogue.resolve(recording.model) or catalogue.resolve(recording.body["model"])


def _group(recording: Recording) -> str:
    body = recording.body
    tools = body.get("tools") or []
    kinds = {block["type"] for message in body["messages"] for block in blocks(message.get("content"))}
    if body.get("mcp_servers") or any("input_schema" not in tool for tool in tools):
        return "with server tools"
    if tools or "tool_result" in kinds:
        return "with tools"
    if kinds & {"image", "document"}:
        return "with media"
    return "plain text"


# ---- fitting


class Moved(NamedTuple):
    """An overhead of a frame, what it is, what it should be, and how many recordings tell."""

    row: int
    name: str
    now: int
    better: int
    recordings: int


def fit(recordings: Iterable[Recording]) -> list[Moved]:
    """Every whole-number overhead of every frame, with its better value where enough recordings tell."""
    by_row: dict[int, list[Recording]] = defaultdict(list)
    for recording in recordings:
        model = _model(recording)
        if model is not None and _group(recording) != "with server tools" and _is_whole(recording):
            by_row[_row_of(model)].append(recording)
    names = [field.name for field in fields(Frame) if field.type == "int"]
    return [moved for row, own in sorted(by_row.items()) for name in names for moved in _moved(row, name, own)]


def _is_whole(recording: Recording) -> bool:
    """Does the request hold all that was counted: no media by name, none left out, no thinking that wasn't shown?"""
    said = json.dumps(recording.body)
    named = ('"type": "url"', '"type": "file"', "<base64 ", '"thinking": ""', '"redacted_thinking"')
    return not any(mark in said for mark in named)


def _row_of(model: Model) -> int:
    """The row of prompt.json that a model's frame ends with."""
    rows = json.loads(PROMPT.read_text(encoding="utf-8"))["frames"]
    own = [at for at, row in enumerate(rows) if row["family"] == model.tokenizer and row["since"] <= model.created_at]
    return own[-1]


def _moved(row: int, name: str, recordings: list[Recording]) -> Iterable[Moved]:
    shares = [share for recording in recordings if (share := _share(name, recording)) is not None]
    model = _model(recordings[0])
    if len(shares) >= ENOUGH and model is not None:
        now = getattr(frame(model.tokenizer, model.created_at), name)
        yield Moved(row, name, now, now + round(statistics.median(shares)), len(shares))


def _share(name: str, recording: Recording) -> float | None:
    """By how much the overhead is off if it alone makes the error; None where the recording doesn't have it."""
    model = _model(recording)
    assert model is not None
    own = frame(model.tokenizer, model.created_at)
    before = _total(recording, model, own)
    times = _total(recording, model, replace(own, **{name: getattr(own, name) + 1})) - before
    return (recording.input_tokens - before) / times if times else None


def _total(recording: Recording, model: Model, own: Frame) -> int:
    return prompts.counted(recording.body, model, around=own).tokens


def _write(moved: list[Moved]) -> None:
    text = PROMPT.read_text(encoding="utf-8")
    data = json.loads(text)
    for each in moved:
        if each.better != each.now:
            data["frames"][each.row][each.name] = each.better
    rows = ",\n  ".join(json.dumps(row) for row in data["frames"])
    rest = {key: value for key, value in data.items() if key != "frames"}
    tail = json.dumps(rest, indent=1, ensure_ascii=False)[1:].lstrip("\n")
    PROMPT.write_text(f'{{\n "frames": [\n  {rows}\n ],\n{tail}\n', encoding="utf-8")


# ---- printing


def _print_fit(moved: list[Moved], fitting: int) -> None:
    off = [each for each in moved if each.better != each.now]
    print(f"{len(moved)} overheads told of by {fitting} recordings to fit; {len(off)} of them would move:")
    for each in off:
        print(f"  frame {each.row} {each.name}: {each.now} -> {each.better} ({each.recordings} recordings)")


def _print_accuracy(what: str, counts: list[Count]) -> None:
    print(f"\n{what} tokens, held-back recordings       n   median   90 % within   exact")
    groups = sorted({count.group for count in counts})
    for group in groups:
        own = [count for count in counts if count.group == group]
        for family in sorted({count.family for count in own}):
            _print_row(f"{group}, {family}", [count for count in own if count.family == family])
    _print_row("all", counts)


def _print_row(name: str, counts: list[Count]) -> None:
    errors = sorted(count.error for count in counts)
    exact = sum(count.counted == count.recorded for count in counts)
    worst = errors[int(0.9 * (len(errors) - 1))]
    print(
        f"  {name:32} {len(errors):5}  {statistics.median(errors):5.2f} %  {worst:8.1f} %  {exact / len(errors):6.0%}"
    )


def _plot(inputs: list[Count], outputs: list[Count], target: Path) -> None:
    import matplotlib as mpl  # type: ignore[import-not-found, unused-ignore]  # a benchmark's own dependency

    mpl.use("agg")
    from matplotlib import pyplot  # type: ignore[import-not-found, unused-ignore]

    figure, panels = pyplot.subplots(1, 2, figsize=(10, 4.8), constrained_layout=True)
    for panel, counts, title in ((panels[0], inputs, "input tokens"), (panels[1], outputs, "output tokens")):
        for group in sorted({count.group for count in counts}):
            own = [count for count in counts if count.group == group]
            xs, ys = [count.recorded for count in own], [max(count.counted, 1) for count in own]
            panel.loglog(xs, ys, ".", label=f"{group} ({len(own)})", alpha=0.6)
        most = max(count.recorded for count in counts)
        panel.plot([1, most], [1, most], color="0.6", linewidth=0.8, zorder=0)
        panel.set(title=f"{title}, held-back recordings", xlabel="recorded", ylabel="counted")
        panel.legend(fontsize="small")
    figure.savefig(target, dpi=90)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--write", action="store_true", help="put what moved into fixtures/tokens/prompt.json")
    parser.add_argument("--plot", type=Path, help="where to draw counted against recorded (needs matplotlib)")
    parser.add_argument("--misses", type=int, default=0, help="print so many of the worst misses")
    return parser.parse_args()


if __name__ == "__main__":
    main()
