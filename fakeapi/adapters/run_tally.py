"""What came to a server while a command ran: counted as it comes, in bounded memory; equal faults are told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from fakeapi.adapters import findings
from fakeapi.adapters.findings import Finding
from fakeapi.adapters.porter import Porter
from fakeapi.endpoints import reviewing, ruling
from fakeapi.memory import grading
from fakeapi.memory.entries import Entry
from fakeapi.memory.exporting import asked
from fakeapi.memory.grading import Verdict
from fakeapi.memory.sessions import DEFAULT
from fakeapi.model import Exchange, Json
from fakeapi.rules.seen import Seen

_KEPT = 500
"""Different findings that are kept; of more, the number is known."""
USAGE = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


@dataclass
class Bill:
    """What the requests to one model came to. `cost` is in US dollars; None where the model has no price."""

    requests: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    cost: float | None = None

    def add(self, exchange: Exchange) -> None:
        """One exchange more."""
        self.requests += 1
        usage = exchange.usage or {}
        self.tokens.update({name: usage.get(name) or 0 for name in USAGE})
        if exchange.cost is not None:
            self.cost = (self.cost or 0.0) + exchange.cost


class Tally:
    """Counts exchanges: call it with each once it is over.

    `statuses` counts the HTTP statuses, `outcomes` how the answers ended, `kinds` the faults by kind, `models` has a
    bill for each model that answered, `rules` are those that did.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.models: dict[str, Bill] = {}
        self.rules: set[str] = set()
        self._found: dict[tuple[str, str, str], Finding] = {}
        self._porter: Porter | None = None

    def watch(self, porter: Porter) -> None:
        """Look into this server for what an exchange alone doesn't tell."""
        self._porter = porter

    def __call__(self, exchange: Exchange) -> None:
        """An exchange is over."""
        self.requests += 1
        self.statuses[exchange.status] += 1
        self.outcomes[exchange.outcome] += 1
        if exchange.model:
            self.models.setdefault(exchange.model, Bill()).add(exchange)
        if exchange.rule:
            self.rules.add(exchange.rule)
        if (found := self._finding(exchange)) is not None:
            self.kinds[found.kind] += 1
            if len(self._found) < _KEPT or (found.kind, found.where, found.sentence) in self._found:
                findings.merge(self._found, found)

    @property
    def findings(self) -> list[Finding]:
        """What went wrong at the exchanges."""
        return list(self._found.values())

    def _finding(self, exchange: Exchange) -> Finding | None:
        kind = findings.kind_of(exchange)
        if not kind:
            return self._without_rule(exchange)
        if kind != findings.UNMATCHED:
            return findings.finding(exchange)
        entry = self._entry(exchange)
        return findings.finding(exchange, asked(entry) if entry else "", _as_json(exchange))

    def _without_rule(self, exchange: Exchange) -> Finding | None:
        """A request that no rule matched although there are rules, and that was answered as it would be without."""
        if exchange.rule or exchange.status != 200 or not exchange.path.endswith("/messages") or self._porter is None:
            return None
        if self.kinds[findings.UNMATCHED] >= _KEPT:
            return Finding(findings.UNMATCHED, "more requests of the same kind", "POST /v1/messages")
        session = self._porter.sessions.find(exchange.session or DEFAULT)
        rules = self._porter.house_of(session).rules if session else ()
        entry = self._entry(exchange) if rules else None
        if session is None or entry is None or (call := reviewing.call_of(entry)) is None:
            return None
        with self._porter.lock:
            view = self._porter.store.view(session.id, session.clock())
            near = ruling.near_misses(rules, view, Seen(call, entry.headers))
        answered = exchange._replace(status=400, source="refused", sentence="fakeapi: no rule matches")
        return findings.finding(answered, asked(entry), near.as_json())

    def _entry(self, exchange: Exchange) -> Entry | None:
        """The exchange in the journal."""
        journal = self._porter.journal if self._porter else None
        if journal is None:
            return None
        entries = reversed(journal.entries(exchange.session or DEFAULT))
        return next((one for one in entries if one.exchange and one.exchange.request_id == exchange.request_id), None)

    def unused(self) -> list[Finding]:
        """The required rules of the server's files that never answered."""
        if self._porter is None:
            return []
        rules = [rule for rule in self._porter.house.rules if rule.required and rule.name not in self.rules]
        return [Finding(findings.UNUSED, f"{rule.name} ({rule.place})") for rule in rules]

    def verdicts(self) -> list[Verdict]:
        """What the journal shows of the client."""
        journal = self._porter.journal if self._porter else None
        if self._porter is None or journal is None:
            return []
        with self._porter.lock:
            entries = journal.entries()
        return grading.grade(entries)


def graded(verdicts: Iterable[Verdict]) -> list[Finding]:
    """The verdicts as findings; equal ones are one."""
    found: dict[tuple[str, str, str], Finding] = {}
    for verdict in verdicts:
        sentence = f"{verdict.severity} {verdict.name}: {verdict.sentence}"
        findings.merge(found, Finding(findings.VERDICTS, sentence, more=(verdict.mend,)))
    return list(found.values())


def _as_json(exchange: Exchange) -> Json | None:
    shown: Json | None = exchange.diagnosis.as_json() if exchange.diagnosis is not None else None
    return shown
