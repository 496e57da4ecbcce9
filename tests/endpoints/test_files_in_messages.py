"""Files in messages: read and counted as if their content stood there; and those that code makes."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import Any

import anthropic
import pypdf
import pytest

from fakeapi import transport
from fakeapi.settings import Settings
from tests.pictures import png

Json = dict[str, Any]

MODEL = "claude-sonnet-4-6"
TEXT = b"The bridge was built in 1932. It is 503 metres long.\n" * 40


def pdf(pages: int) -> bytes:
    writer, written = pypdf.PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    writer.write(written)
    return written.getvalue()


FILES = {
    "text": ("bridge.txt", TEXT, "text/plain"),
    "pdf": ("plan.pdf", pdf(3), "application/pdf"),
    "png": ("map.png", png(640, 480), "image/png"),
    "csv": ("data.csv", b"item,value\napple,30\n", "text/csv"),
}
INLINE: dict[str, Json] = {
    "text": {"type": "text", "media_type": "text/plain", "data": TEXT.decode()},
    "pdf": {"type": "base64", "media_type": "application/pdf", "data": b64encode(FILES["pdf"][1]).decode()},
    "png": {"type": "base64", "media_type": "image/png", "data": b64encode(FILES["png"][1]).decode()},
}
BLOCKS = {"text": "document", "pdf": "document", "png": "image"}


class Desk:
    """A server in process, and the SDK."""

    def __init__(self, **settings: Any) -> None:
        self.clock = transport.VirtualClock()
        self.transport = transport.Transport(Settings(**settings), clock=self.clock)
        self.client = transport.client(self.transport, max_retries=0)

    def upload(self, name: str, **how: Any) -> str:
        return self.client.files.upload(file=FILES[name], **how).id

    def source(self, name: str) -> Json:
        return {"type": "file", "file_id": self.upload(name)}

    def say(self, *blocks: Json, **more: Any) -> Any:
        return self.client.messages.create(**asking(*blocks), **more)

    def refused(self, *blocks: Json) -> tuple[int, str]:
        with pytest.raises(anthropic.APIStatusError) as fault:
            self.say(*blocks)
        body: Any = fault.value.body
        return fault.value.status_code, body["error"]["message"]


def asking(*blocks: Json) -> Any:
    content = [*blocks, {"type": "text", "text": "What is it?"}]
    return {"model": MODEL, "max_tokens": 300, "messages": [{"role": "user", "content": content}]}


def block(name: str, source: Json, **more: Any) -> Json:
    return {"type": BLOCKS[name], "source": source, **more}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("name", list(INLINE))
def test_a_file_counts_like_the_same_content_inline(desk, name):
    named, inline = block(name, desk.source(name)), block(name, INLINE[name])
    assert desk.say(named).usage.input_tokens == desk.say(inline).usage.input_tokens
    params = {key: value for key, value in asking(named).items() if key != "max_tokens"}
    counted = desk.client.messages.count_tokens(**params).input_tokens
    assert counted == desk.say(inline).usage.input_tokens


@pytest.mark.parametrize("name", list(INLINE))
def test_a_file_in_the_result_of_a_tool_counts_likewise(desk, name):
    def told(source: Json) -> int:
        call = {"type": "tool_use", "id": "toolu_01", "name": "get", "input": {}}
        result = {"type": "tool_result", "tool_use_id": "toolu_01", "content": [block(name, source)]}
        messages: Any = [
            {"role": "user", "content": "Get it."},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ]
        tools: Any = [{"name": "get", "input_schema": {"type": "object"}}]
        return int(desk.client.messages.count_tokens(model=MODEL, messages=messages, tools=tools).input_tokens)

    assert told(desk.source(name)) == told(INLINE[name])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("text", 'a text document "bridge.txt" of 2,120 characters'),
        ("pdf", 'a PDF "plan.pdf" of 3 pages'),
        ("png", 'a PNG picture "map.png" of 640 x 480 pixels'),
    ],
)
def test_the_answer_names_the_file(desk, name, said):
    assert said in desk.say(block(name, desk.source(name))).content[0].text


def test_a_title_goes_before_the_file_s_name(desk):
    assert '"Plan B"' in desk.say(block("pdf", desk.source("pdf"), title="Plan B")).content[0].text


def test_a_streamed_answer_reads_it_too(desk):
    named = block("text", desk.source("text"))
    with desk.client.messages.stream(**asking(named)) as stream:
        assert "bridge.txt" in stream.get_final_text()


def test_a_cited_file_is_cited_by_its_text(desk):
    cited = block("text", desk.source("text"), citations={"enabled": True})
    found = [each for part in desk.say(cited).content for each in part.citations or ()]
    assert found
    assert all(each.cited_text in TEXT.decode() for each in found)


@pytest.mark.parametrize("kind", ["image", "document"])
def test_a_file_that_is_not_there_is_refused(desk, kind):
    asked = {"type": kind, "source": {"type": "file", "file_id": "file_nope"}}
    assert desk.refused(asked) == (404, "File `file_nope` not found.")


REAL = "file_011CNha8iCJcU1wXNR6q4V8w"


def test_a_file_of_the_real_api_is_answered_about_with_a_warning(desk):
    asked = {"type": "document", "source": {"type": "file", "file_id": REAL}}
    answer = desk.client.messages.with_raw_response.create(**asking(asked))
    assert REAL in answer.parse().content[0].text
    assert (
        answer.headers["fakeapi-warning"]
        == f"answered, but file {REAL} was never uploaded here: its content is not known"
    )
    with pytest.raises(anthropic.NotFoundError):
        desk.client.files.retrieve_metadata(REAL)


@pytest.mark.parametrize(
    "name", ["file_nope", REAL[:-1], REAL + "w", "file_01" + "w" * 22, "file_01" + "1" * 22, "file_01"]
)
def test_an_id_that_the_api_never_made_is_no_file(desk, name):
    asked = {"type": "document", "source": {"type": "file", "file_id": name}}
    assert desk.refused(asked) == (404, f"File `{name}` not found.")


def test_a_file_of_another_key_is_not_there(desk):
    source = desk.source("text")
    other = transport.client(desk.transport, api_key="sk-ant-other", max_retries=0)
    with pytest.raises(anthropic.NotFoundError):
        other.messages.create(**asking(block("text", source)))


def test_a_deleted_file_is_not_there(desk):
    id = desk.upload("text")
    named = block("text", {"type": "file", "file_id": id})
    desk.say(named)
    desk.client.files.delete(id)
    assert desk.refused(named)[0] == 404


def test_an_expired_file_is_not_there(desk):
    named = block("text", {"type": "file", "file_id": desk.upload("text", expires_in_seconds=3600)})
    desk.say(named)
    desk.clock.advance(3600)
    assert desk.refused(named)[0] == 404


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("image", "pdf", "PDF files cannot be used in image blocks. Use a document block instead."),
        ("image", "csv", "text/csv files cannot be used in image blocks."),
        ("document", "png", "Image files cannot be used in document blocks. Use an image block instead."),
        ("document", "csv", "text/csv files cannot be used in document blocks."),
    ],
)
def test_a_block_takes_files_of_its_kinds_only(desk, kind, name, sentence):
    asked = {"type": kind, "source": desk.source(name)}
    status, said = desk.refused({"type": "text", "text": "Look:"}, asked)
    assert status == 400
    assert said.startswith(f"messages.0.content.1.source: {sentence}")


def test_files_are_checked_like_what_stands_inline(desk):
    id = desk.client.files.upload(file=("wide.png", png(8001, 10), "image/png")).id
    status, said = desk.refused({"type": "image", "source": {"type": "file", "file_id": id}})
    assert status == 400
    assert "8000 pixels" in said


def test_files_together_may_not_weigh_more_than_a_body(desk):
    large = desk.client.files.upload(file=("large.txt", b"x" * 17_000_000, "text/plain")).id
    asked = {"type": "document", "source": {"type": "file", "file_id": large}}
    assert desk.refused(asked, asked) == (413, "Request too large")


def test_a_file_for_the_container_is_named(desk):
    tools = [{"type": "code_execution_20250825", "name": "code_execution"}]
    upload = {"type": "container_upload", "file_id": desk.upload("csv")}
    assert desk.say(upload, tools=tools).stop_reason == "end_turn"
    with pytest.raises(anthropic.NotFoundError):
        desk.say({**upload, "file_id": "file_nope"}, tools=tools)


def test_the_items_of_batches_read_files_too(desk):
    def params(source: Json) -> Any:
        return asking({"type": "document", "source": source})

    sources = {"there": desk.source("text"), "not": {"type": "file", "file_id": "file_nope"}}
    items: Any = [{"custom_id": name, "params": params(source)} for name, source in sources.items()]
    batch = desk.client.messages.batches.create(requests=items)
    desk.clock.advance(3600)
    results = {line.custom_id: line.result for line in desk.client.messages.batches.results(batch.id)}
    assert "bridge.txt" in results["there"].message.content[0].text
    assert results["not"].error.error.message == "File `file_nope` not found."


def test_a_thread_goes_on_reading_its_file(desk):
    headers = {"anthropic-beta": "message-threads-2026-08-12"}
    named = block("text", desk.source("text"))
    first = desk.say(named, extra_body={"thread": {"type": "create"}}, extra_headers=headers)
    thread = {"type": "continue", "previous_message_id": first.id}
    more = desk.client.messages.create(
        model=MODEL,
        max_tokens=300,
        messages=[{"role": "user", "content": "And now?"}],
        extra_body={"thread": thread},
        extra_headers=headers,
    )
    assert more.usage.input_tokens > first.usage.input_tokens


def test_unknown_files_pass_where_only_shapes_count():
    asked = {"type": "document", "source": {"type": "file", "file_id": "file_nope"}}
    assert Desk(contract="shape").say(asked).usage.input_tokens > 0


def test_what_the_api_would_have_said_is_said_in_warn_mode():
    asked = {"type": "document", "source": {"type": "file", "file_id": "file_nope"}}
    answer = Desk(contract="warn").client.messages.with_raw_response.create(**asking(asked))
    assert answer.headers["fakeapi-warning"] == "404 not_found_error: File `file_nope` not found."


def test_a_file_that_code_has_made_can_be_downloaded(desk):
    tools = [{"type": "code_execution_20250825", "name": "code_execution"}]
    messages = [{"role": "user", "content": "Plot y = x squared from 0 to 10."}]
    asked: Any = {"model": MODEL, "max_tokens": 1000, "messages": messages, "tools": tools}
    (made,) = ids_in(desk.client.messages.create(**asked).model_dump())
    assert desk.client.files.retrieve_metadata(made).downloadable is True
    assert desk.client.files.download(made).read()
    assert [file.id for file in desk.client.files.list()] == [made]


def ids_in(value: Any) -> list[str]:
    if isinstance(value, list):
        return [id for item in value for id in ids_in(item)]
    if not isinstance(value, dict):
        return []
    own = [value["file_id"]] if value.get("file_id") else []
    return [*own, *(id for item in value.values() for id in ids_in(item))]
