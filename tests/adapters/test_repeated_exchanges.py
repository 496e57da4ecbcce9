"""What was answered before is answered at once: to log, journal, session and clock it is an exchange like any other."""

from __future__ import annotations

from json import dumps
from typing import Any

import pytest

from fakeapi.adapters.admin.desk import Desk
from fakeapi.adapters.clock import VirtualClock
from fakeapi.adapters.porter import Porter
from fakeapi.memory.entries import Entry
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Notes, Request, Send
from tests.street import BASIC, DOOR

STREAM = {**BASIC, "stream": True}


class Street:
    """A porter, and one request that comes again and again."""

    def __init__(self, body: Any = BASIC, path: str = "/v1/messages", **settings: Any) -> None:
        self.told: list[Exchange] = []
        self.porter = Porter(Settings(clock="virtual", **settings), self.told.append)
        self.request = Request("POST", path, "", dict(DOOR), dumps(body).encode(), notes=Notes())

    def walk(self) -> bytes:
        """The whole walk, played at once; then the journal is looked at, so that it knows the request."""
        visit = self.porter.answer(self.request)
        sent = b"".join(effect.data for effect in visit.reply.effects if isinstance(effect, Send))
        visit.sent(sent)
        self.porter.close(visit, "completed")
        self.entries()
        return sent

    def repeat(self) -> bytes | None:
        reply = self.porter.repeat(self.request)
        return reply and b"".join(effect.data for effect in reply.effects if isinstance(effect, Send))

    def entries(self) -> list[Entry]:
        return self.porter.journal.entries() if self.porter.journal else []


@pytest.mark.parametrize("body", [BASIC, STREAM])
@pytest.mark.parametrize("path", ["/v1/messages", "/s/mine/v1/messages"])
def test_the_journal_shows_it_as_one_that_was_walked(body: Any, path: str) -> None:
    street = Street(body, path)
    street.walk()
    sent = street.repeat()
    walked, repeated = street.entries()
    assert sent is not None
    assert repeated.answer == sent
    message, before = repeated.message(), walked.message()
    assert message is not None
    assert before is not None
    assert message["id"] != before["id"]
    assert {**message, "id": ""} == {**before, "id": ""}
    assert repeated.header("request-id") == repeated.exchange.request_id  # type: ignore[union-attr]
    told = [(entry.method, entry.path, entry.query, entry.headers, entry.request) for entry in (walked, repeated)]
    assert told[0] == told[1]
    assert repeated.headers["x-api-key"] == "[redacted]"
    ended = [
        (entry.session, entry.caller, entry.status, entry.outcome, entry.size, entry.weight, entry.model)
        for entry in (walked, repeated)
    ]
    assert ended[0] == ended[1]
    assert (repeated.number, repeated.until, repeated.seconds) == (2, 2, 0.0)


def test_the_log_is_told_once_it_is_over() -> None:
    street = Street(path="/s/mine/v1/messages")
    street.walk()
    street.repeat()
    walked, repeated = street.told
    assert repeated._replace(number=1, request_id="") == walked._replace(request_id="")
    assert (repeated.session, repeated.number) == ("mine", 2)


def test_ids_go_on_where_a_walk_would_have_gone() -> None:
    repeating, walking = Street(), Street()
    repeating.walk(), walking.walk()
    assert repeating.repeat() == walking.walk()
    assert repeating.walk() == walking.walk()


def test_the_first_of_its_kind_is_not_known() -> None:
    street = Street()
    assert street.repeat() is None
    assert street.entries() == []
    assert street.porter.open().number == 0


def test_a_rule_that_was_added_is_asked() -> None:
    street = Street()
    street.walk()
    Desk(street.porter).shelf.add([{"match": {}, "respond": "Sunny."}], "here")
    assert street.repeat() is None
    assert b"Sunny." in street.walk()


def test_a_setting_that_was_changed_holds() -> None:
    street = Street()
    street.walk()
    street.porter.change(street.porter.open(), api_key=("sk-ant-only",))
    assert street.repeat() is None
    assert b"authentication_error" in street.walk()


def test_who_listens_hears_it_come_and_go() -> None:
    street, heard = Street(), []
    street.walk()
    with street.porter.bell.heard("default", lambda entry: heard.append(entry.outcome)):
        assert street.repeat() is None
        street.walk()
    assert heard == ["open", "completed"]


def test_it_is_not_journaled_where_there_is_no_journal() -> None:
    street = Street(journal_entries=0)
    street.walk()
    assert street.repeat() is not None
    assert street.entries() == []


def test_a_request_with_a_secret_in_it_is_looked_through_each_time() -> None:
    secret = "sk-ant-api03-" + "x" * 80
    street = Street({**BASIC, "messages": [{"role": "user", "content": f"My key is {secret}"}]})
    street.walk()
    assert street.repeat() is None
    street.walk()
    assert all(secret.encode() not in entry.body.data for entry in street.entries())


def test_an_answer_that_nobody_looked_through_is_not_repeated() -> None:
    street = Street()
    street.walk()
    street.porter.change(street.porter.open(), seed=7)
    street.porter.close(street.porter.answer(street.request), "completed")
    assert street.repeat() is None
    street.walk()
    assert street.repeat() is not None


def test_an_entry_holds_nothing_of_what_is_remembered_of_its_request() -> None:
    street = Street()
    street.walk(), street.walk()
    assert [getattr(entry, "notes", None) for entry in street.entries()] == [None, None]


def test_the_bounds_of_the_journal_hold() -> None:
    street = Street(journal_entries=10)
    for _ in range(3):
        street.walk()
    for _ in range(20):
        assert street.repeat() is not None
    journal = street.porter.journal
    assert journal is not None
    assert [entry.number for entry in street.entries()] == list(range(14, 24))
    assert journal.weight == (10, sum(entry.weight for entry in street.entries()))
    assert journal.forgotten() == 13


def test_what_was_over_first_is_forgotten_first() -> None:
    street = Street(journal_entries=300)
    street.walk()
    for _ in range(30):
        street.porter.close(street.porter.answer(street.request._replace(notes=None)), "completed")
    for _ in range(300):
        assert street.repeat() is not None
    numbers = [entry.number for entry in street.entries()]
    assert numbers == list(range(numbers[0], 332))


def test_what_is_repeated_can_be_dropped_and_rolled_back() -> None:
    street = Street(path="/s/mine/v1/messages")
    street.walk()
    street.repeat()
    journal = street.porter.journal
    assert journal is not None
    mark = journal.last
    street.repeat(), street.repeat()
    assert journal.rollback("mine", mark) == 2
    assert journal.drop("mine") == 2
    assert journal.weight == (0, 0)


def test_the_time_of_a_rule_that_ends_is_noticed() -> None:
    street = Street()
    street.walk()
    session = street.porter.open()
    assert isinstance(session.clock, VirtualClock)
    Desk(street.porter).shelf.add([{"match": "nothing like it", "respond": "No."}], "here", lifetime=5)
    assert street.repeat() is None
    session.clock.advance(6)
    street.walk()
    assert street.repeat() is not None
