"""What a run came to: as a table for a person, as JSON, and as JUnit XML for what shows test results."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import fakeapi
from fakeapi.adapters import findings
from fakeapi.adapters.findings import Finding
from fakeapi.adapters.run_tally import USAGE, Bill, Tally, graded
from fakeapi.memory.grading import Verdict
from fakeapi.model import Json

KINDS = {
    "refused": (findings.REFUSED,),
    "unmatched": (findings.UNMATCHED, findings.ENDED),
    "verdicts": (findings.VERDICTS,),
    "warned": (findings.WARNED,),
    "unused": (findings.UNUSED,),
    "bugs": (findings.BUG,),
}
"""What `--fail-on` may name, and the kinds of findings that are meant."""
_PASSED = {
    "refused": "no request was refused",
    "unmatched": "every request was matched by a rule, where there are rules",
    "verdicts": "the client made no mistakes",
    "warned": "no request was answered that the real API would refuse",
    "unused": "every required rule answered",
    "bugs": "fakeapi itself did not fail",
}
_COLUMNS = ("model", "requests", "input", "cache write", "cache read", "output", "cost")
_LONGEST = 80
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold."""


class Run(NamedTuple):
    """A run that is over.

    Attributes:
        command: its words. url: of the server. seconds: how long it took. status: its exit status.
        tally: what came. verdicts: on the client. fail_on: the names of `KINDS` that let the run fail.
    """

    command: Sequence[str]
    url: str
    seconds: float
    status: int
    tally: Tally
    verdicts: Sequence[Verdict] = ()
    fail_on: Sequence[str] = ()

    @property
    def findings(self) -> list[Finding]:
        """All that went wrong."""
        return [*self.tally.findings, *self.tally.unused(), *graded(self.verdicts)]

    @property
    def failed_on(self) -> list[str]:
        """Of what may let the run fail, what is there. Verdicts count where they are failures, not warnings."""
        return [name for name in self.fail_on if self.of_kind(name)]

    @property
    def exit_status(self) -> int:
        """The command's own; 1 where it succeeded, and something is there that lets the run fail."""
        return self.status or int(bool(self.failed_on))

    def of_kind(self, name: str) -> list[Finding]:
        """The findings that a name of `KINDS` means, without mere warnings."""
        found = [one for one in self.findings if one.kind in KINDS[name]]
        return [one for one in found if not (name == "verdicts" and one.sentence.startswith("warning "))]


def as_text(run: Run) -> str:
    """The summary for a person."""
    parts = [_headline(run)]
    if run.tally.models:
        parts.append(_table(run.tally))
    if explained := findings.explain(run.findings, "run"):
        parts.append(explained)
    if run.failed_on and not run.status:
        parts.append(f"Exit status 1, since --fail-on names {_listed(run.failed_on)}.")
    return "\n\n".join(parts) + "\n"


def _listed(names: Sequence[str]) -> str:
    """`refused, unmatched and verdicts`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _headline(run: Run) -> str:
    tally = run.tally
    ended = f"exit status {run.status} of {_words_of(run.command)}"
    if not tally.requests:
        asking = f"Does it read ANTHROPIC_BASE_URL? It was {run.url}"
        return f"fakeapi: no request came in {run.seconds:.1f} s ({ended}). {asking}"
    counts = [_count(tally.requests, "request")]
    counts += [f"{tally.kinds[kind]} {word}" for kind, word in _WORDS.items() if tally.kinds[kind]]
    counts += [f"{count} {outcome}" for outcome, count in tally.outcomes.items() if outcome != "completed"]
    return f"fakeapi: {', '.join(counts)} in {run.seconds:.1f} s ({ended})"


_WORDS = {
    findings.REFUSED: "refused",
    findings.WARNED: "to be refused",
    findings.UNMATCHED: "unmatched",
    findings.ENDED: "without an answer left",
    findings.BUG: "failed",
}


def _table(tally: Tally) -> str:
    """A row for each model, and one for all."""
    rows = [(model, tally.models[model]) for model in sorted(tally.models)]
    if len(rows) > 1:
        rows.append(("all", total(tally)))
    cells = [_COLUMNS, *(_cells(model, bill) for model, bill in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
    return "\n".join(_row(row, widths) for row in cells)


def _cells(model: str, bill: Bill) -> tuple[str, ...]:
    cost = "-" if bill.cost is None else f"${bill.cost:.4f}"
    return (model, str(bill.requests), *(f"{bill.tokens[name]:,}" for name in USAGE), cost)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  " + "  ".join([first, *rest])


def total(tally: Tally) -> Bill:
    """The bill of all models."""
    whole = Bill()
    for bill in tally.models.values():
        whole.requests += bill.requests
        whole.tokens.update(bill.tokens)
        if bill.cost is not None:
            whole.cost = (whole.cost or 0.0) + bill.cost
    return whole


def as_json(run: Run) -> Json:
    """All that is known of the run."""
    tally = run.tally
    return {
        "fakeapi": fakeapi.__version__,
        "command": list(run.command),
        "seconds": round(run.seconds, 3),
        "command_status": run.status,
        "exit_status": run.exit_status,
        "failed_on": run.failed_on,
        "requests": tally.requests,
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "outcomes": dict(tally.outcomes),
        "counts": {name: sum(tally.kinds[kind] for kind in kinds) for name, kinds in KINDS.items()}
        | {"verdicts": len(run.verdicts), "unused": len(tally.unused())},
        **{name: [_finding(one) for one in run.findings if one.kind in KINDS[name]] for name in KINDS},
        "verdicts": [verdict.as_json() for verdict in run.verdicts],
        "models": {model: _bill(bill) for model, bill in sorted(tally.models.items())},
        "total": _bill(total(tally)),
    }


def _finding(one: Finding) -> Json:
    return {"sentence": one.sentence, "where": one.where or None, "times": one.times, "more": list(one.more)}


def _bill(bill: Bill) -> Json:
    cost = None if bill.cost is None else round(bill.cost, 9)
    return {"requests": bill.requests, **{name: bill.tokens[name] for name in USAGE}, "cost_usd": cost}


def as_junit(run: Run) -> str:
    """A test suite: one case for the command, and one for each thing that went wrong, or for its absence.

    What `--fail-on` doesn't name passes, with its text as output.
    """
    cases = list(_cases(run))
    failures = sum("<failure" in case for case in cases)
    attributes = f'name="fakeapi run" tests="{len(cases)}" failures="{failures}" errors="0" time="{run.seconds:.3f}"'
    lines = [_XML, "<testsuites>", f"<testsuite {attributes}>", *cases, "</testsuite>", "</testsuites>", ""]
    return "\n".join(lines)


def _cases(run: Run) -> Iterator[str]:
    failure = f"exit status {run.status}" if run.status else ""
    yield _case("command", _words_of(run.command), failure, failure, run.seconds)
    for name in KINDS:
        found = [one for one in run.findings if one.kind in KINDS[name]]
        if not found:
            yield _case(name, _PASSED[name])
        failing = {one[:3] for one in run.of_kind(name)} if name in run.fail_on else set()
        for one in found:
            text = findings.explain([one], "run")
            yield _case(name, _title(one), one.sentence if one[:3] in failing else "", text)


def _case(kind: str, name: str, failure: str = "", text: str = "", seconds: float = 0.0) -> str:
    head = f'<testcase classname={_attribute(f"fakeapi.{kind}")} name={_attribute(name)} time="{seconds:.3f}"'
    if failure:
        return f"{head}><failure message={_attribute(failure)}>{_text(text)}</failure></testcase>"
    return f"{head}><system-out>{_text(text)}</system-out></testcase>" if text else f"{head}/>"


def _title(one: Finding) -> str:
    return f"{one.where}: {one.sentence}" if one.where else one.sentence


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("·", text))


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("·", text))


def _words_of(command: Sequence[str]) -> str:
    """A command in one line, cut where it is long."""
    line = " ".join(shlex.join(command).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def as_json_text(run: Run) -> str:
    """The JSON as it is written to a file."""
    return json.dumps(as_json(run), indent=2, ensure_ascii=False) + "\n"
