"""Files: upload, list, get, content, delete; what is refused; and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from fakeapi.settings import Settings
from fakeapi.transport import Transport, VirtualClock
from tests import street

START = 1_787_150_091.612
BETA = "files-api-2025-04-14"
DOOR = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01"}


@dataclass
class Shelf:
    """A server in process, and a client of it without an SDK."""

    settings: Settings = field(default_factory=Settings)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))

    def __post_init__(self) -> None:
        self.transport = Transport(self.settings, clock=self.clock)
        self.http = httpx2.Client(transport=self.transport, base_url="http://fakeapi")

    def ask(self, method: str, path: str, beta: bool = False, key: str = "sk-ant-fake", **how: Any) -> httpx2.Response:
        headers = {**DOOR, "x-api-key": key, **({"anthropic-beta": BETA} if beta else {}), **how.pop("headers", {})}
        answer = self.http.request(method, f"/v1/files{path}", headers=headers, **how)
        if answer.headers["content-type"] == "application/json":
            street.check_content(answer.json())
        return answer

    def upload(
        self, name: str | None = "notes.txt", body: bytes = b"Hello", kind: str | None = "text/plain", **how: Any
    ) -> Any:
        answer = self.attempt(name, body, kind, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def attempt(self, name: str | None, body: bytes = b"Hello", kind: str | None = "text/plain", **how: Any) -> Any:
        fields = {"expires_in_seconds": str(how.pop("expires"))} if "expires" in how else {}
        return self.ask("POST", "", files={"file": (name, body, kind)}, data=fields, **how)

    def refused(self, answer: httpx2.Response) -> tuple[int, str]:
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["error"]["message"]

    def listed(self, query: str = "", **how: Any) -> Any:
        answer = self.ask("GET", query, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, query: str = "", **how: Any) -> list[str]:
        return [row["id"] for row in self.listed(query, **how)["data"]]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_an_upload_is_answered_as_recorded_with_the_beta(shelf):
    file = shelf.upload("sample.pdf", b"%PDF-1.3", "application/pdf", beta=True)
    assert list(file.items()) == [
        ("type", "file"),
        ("id", file["id"]),
        ("size_bytes", 8),
        ("created_at", "2026-08-19T14:34:51.612000Z"),
        ("filename", "sample.pdf"),
        ("mime_type", "application/pdf"),
        ("downloadable", False),
    ]
    assert file["id"].startswith("file_011C")
    assert len(file["id"]) == len("file_011CeCGmBfrwFHJsUvxRDZS8")


def test_without_the_beta_a_file_says_when_it_expires(shelf):
    assert shelf.upload()["expires_at"] is None
    assert shelf.upload(expires=3600)["expires_at"] == "2026-08-19T15:34:51.612000Z"


def test_a_file_can_be_got_in_both_shapes(shelf):
    file = shelf.upload(expires=7_776_000)
    path = f"/{file['id']}"
    assert shelf.ask("GET", path).json() == file
    assert "expires_at" not in shelf.ask("GET", path, beta=True).json()


def test_a_deleted_file_is_gone(shelf):
    file = shelf.upload()
    path = f"/{file['id']}"
    assert shelf.ask("DELETE", path).json() == {"id": file["id"], "type": "file_deleted"}
    for method, place in (("GET", path), ("DELETE", path), ("GET", f"{path}/content")):
        assert shelf.refused(shelf.ask(method, place)) == (404, f"File `{file['id']}` not found.")
    assert shelf.ids() == []


def test_files_belong_to_the_workspace_of_the_key(shelf):
    file = shelf.upload()
    assert shelf.ask("GET", f"/{file['id']}", key="sk-ant-other").status_code == 404
    assert shelf.ask("DELETE", f"/{file['id']}", key="sk-ant-other").status_code == 404
    assert shelf.ids(key="sk-ant-other") == []
    assert shelf.ids() == [file["id"]]


def test_files_belong_to_their_session(shelf):
    file = shelf.upload()
    elsewhere = shelf.http.get(f"/s/other/v1/files/{file['id']}", headers=DOOR)
    assert elsewhere.status_code == 404


def test_uploaded_files_cannot_be_downloaded(shelf):
    file = shelf.upload()
    answer = shelf.ask("GET", f"/{file['id']}/content")
    assert shelf.refused(answer) == (400, f"File '{file['id']}' is not downloadable")
    assert answer.json()["error"]["details"] == {"error_code": "file_not_downloadable"}


def test_where_only_shapes_count_they_can():
    shelf = Shelf(Settings(contract="shape"))
    file = shelf.upload("data.csv", b"item,value\n", "text/csv")
    answer = shelf.ask("GET", f"/{file['id']}/content")
    assert (answer.content, answer.headers["content-type"]) == (b"item,value\n", "text/csv")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''data.csv"


def test_where_only_shapes_count_any_file_is_there():
    shelf = Shelf(Settings(contract="shape"))
    assert shelf.ask("GET", "/file_id").json()["id"] == "file_id"
    assert shelf.ask("DELETE", "/file_id").json() == {"id": "file_id", "type": "file_deleted"}
    assert shelf.ask("GET", "/file_id/content").status_code == 200
    assert shelf.ask("GET", "?page=page&limit=1").json() == {"data": [], "next_page": None}


def test_a_file_expires_on_the_session_s_clock(shelf):
    file = shelf.upload(expires=3600)
    shelf.clock.advance(3599.9)
    assert shelf.ask("GET", f"/{file['id']}/content").status_code == 400
    shelf.clock.advance(0.1)
    answer = shelf.ask("GET", f"/{file['id']}/content")
    assert answer.status_code == 404
    assert answer.json()["error"]["details"] == {"error_code": "file_expired"}
    assert shelf.ask("GET", f"/{file['id']}").json() == file


def fill(shelf: Shelf, count: int) -> list[str]:
    """The ids of new files, newest first."""
    made = []
    for number in range(count):
        shelf.clock.advance(1)
        made.append(shelf.upload(f"{number}.txt")["id"])
    return made[::-1]


def test_a_page_holds_20_files_newest_first(shelf):
    made = fill(shelf, 25)
    assert shelf.ids() == made[:20]
    assert shelf.ids(beta=True) == made[:20]


def test_pages_follow_their_cursor(shelf):
    made, seen, page = fill(shelf, 7), [], ""
    while True:
        body = shelf.listed(f"?limit=3{page}")
        seen.append([row["id"] for row in body["data"]])
        if body["next_page"] is None:
            break
        assert body["next_page"].startswith("page_")
        page = f"&page={body['next_page']}"
    assert seen == [made[:3], made[3:6], made[6:]]


def test_the_beta_pages_by_id_in_both_directions(shelf):
    made = fill(shelf, 5)
    page = shelf.listed("?limit=2", beta=True)
    assert page == {"data": page["data"], "has_more": True, "first_id": made[0], "last_id": made[1]}
    assert shelf.ids(f"?limit=2&after_id={made[1]}", beta=True) == made[2:4]
    assert shelf.ids(f"?limit=2&before_id={made[3]}", beta=True) == made[1:3]
    assert shelf.ids("?scope_id=session_1", beta=True) == []


def test_files_can_be_asked_for_by_id(shelf):
    made = fill(shelf, 4)
    query = f"?ids[]={made[3]}&ids[]={made[0]}&ids[]=file_nope&ids[]={made[0]}"
    assert shelf.listed(query) == {"data": shelf.listed(query)["data"], "next_page": None}
    assert shelf.ids(query) == [made[0], made[3]]
    assert shelf.listed(query, beta=True)["has_more"] is False


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=1001",
        "?limit=x",
        "?page=page_nope",
        "?page=nope",
        "?ids[]=file_1&limit=2",
        "?ids[]=file_1&page=page_x",
        "?" + "&".join(f"ids[]=file_{number}" for number in range(101)),
    ],
)
def test_a_query_that_makes_no_sense_is_400(shelf, query):
    status, sentence = shelf.refused(shelf.ask("GET", query))
    assert status == 400
    assert sentence.partition(":")[0] in query


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("/home/me/plan.pdf", "plan.pdf"),
        ("Übersicht 2026 ✓.pdf", "Übersicht 2026 ✓.pdf"),
        ("x" * 255, "x" * 255),
        ("", "unnamed.pdf"),
        ("folder/", "unnamed.pdf"),
    ],
)
def test_of_a_name_the_last_part_is_kept(shelf, sent, kept):
    assert shelf.upload(sent, b"%PDF-1.3", "application/pdf")["filename"] == kept


@pytest.mark.parametrize("name", ["a<b", "a>b", "a:b", "a|b", "a?b", "a*b", "a\x7fb", "x" * 256])
def test_a_name_that_cannot_be_is_refused(shelf, name):
    status, sentence = shelf.refused(shelf.attempt(name))
    assert status == 400
    assert sentence.startswith("file: Filename")


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("a.txt", "text/plain; charset=utf-8", "text/plain"),
        ("a.txt", "Text/Markdown", "text/markdown"),
        ("a.PDF", "application/octet-stream", "application/pdf"),
        ("a.csv", "application/octet-stream", "text/csv"),
        ("a.unknown", "application/octet-stream", "application/octet-stream"),
        ("README", "application/octet-stream", "application/octet-stream"),
    ],
)
def test_the_kind_is_what_was_sent_or_what_the_name_says(shelf, name, sent, kept):
    assert shelf.upload(name, kind=sent)["mime_type"] == kept


@pytest.mark.parametrize(
    ("expires", "sentence"),
    [
        (3599, "expires_in_seconds: Input should be greater than or equal to 3600"),
        (7_776_001, "expires_in_seconds: Input should be less than or equal to 7776000"),
        ("soon", "expires_in_seconds: Input should be a valid integer, unable to parse string as an integer"),
        ("", "expires_in_seconds: Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_an_expiry_that_cannot_be_is_refused(shelf, expires, sentence):
    assert shelf.refused(shelf.attempt("a.txt", expires=expires)) == (400, sentence)
    assert shelf.ids() == []


def test_an_upload_without_a_file_is_refused(shelf):
    answer = shelf.ask("POST", "", files={"other": ("a.txt", b"Hello", "text/plain")})
    assert shelf.refused(answer) == (400, "file: Field required")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", ""),
        (b"Hello", "multipart/form-data"),
        (b"Hello", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nHello',
            "multipart/form-data; boundary=x",
        ),
        (b"--x\r\n\r\n\r\n\xff\xfe--x--", "multipart/form-data; boundary=" + "x" * 400),
    ],
)
def test_what_is_no_multipart_body_is_refused(shelf, body, kind):
    status, _ = shelf.refused(shelf.ask("POST", "", content=body, headers={"content-type": kind}))
    assert status == 400
    assert shelf.ids() == []


def test_a_missing_boundary_is_named(shelf):
    answer = shelf.ask("POST", "", content=b"Hello", headers={"content-type": "multipart/form-data"})
    assert shelf.refused(answer) == (
        400,
        'content-type: "multipart/form-data" names no boundary. Send the file as multipart/form-data; boundary=...',
    )


def test_a_file_without_a_name_is_a_file(shelf):
    body = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nHello\r\n--x--\r\n'
    answer = shelf.ask("POST", "", content=body, headers={"content-type": 'multipart/form-data; boundary="x"'})
    assert answer.status_code == 200
    assert (answer.json()["filename"], answer.json()["size_bytes"]) == ("unnamed", 5)


def test_an_empty_file_is_a_file(shelf):
    assert shelf.upload(body=b"")["size_bytes"] == 0


def test_a_fault_can_be_asked_for_and_leaves_no_file(shelf):
    assert shelf.attempt("a.txt", headers={"x-fakeapi-fault": "529"}).status_code == 529
    assert shelf.ids() == []


def test_a_refused_key_leaves_no_file():
    shelf = Shelf(Settings(api_key=("sk-ant-mine",)))
    assert shelf.attempt("a.txt").status_code == 401
    assert shelf.ids(key="sk-ant-mine") == []


def test_equal_servers_give_equal_files():
    assert Shelf().upload() == Shelf().upload()


def test_browsers_cannot_reach_files(shelf):
    asked = {"origin": "https://ex.org", "access-control-request-method": "POST"}
    answer = shelf.http.request("OPTIONS", "/v1/files", headers=asked)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


def test_answers_about_files_show_no_rate_limits(shelf):
    answer = shelf.ask("GET", "")
    assert not [name for name in answer.headers if "ratelimit" in name]
    assert answer.headers["anthropic-workspace-id"].startswith("wrkspc_01")
