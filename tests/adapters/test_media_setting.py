"""A local file can stand for what is behind a url, for its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from fakeapi.adapters.files import read_sizes
from fakeapi.adapters.porter import Porter
from fakeapi.errors import FakeapiError
from fakeapi.settings import Settings
from fakeapi.wire import Request, joined
from tests.pictures import png
from tests.street import DOOR, json

URL = "https://example.com/large.png"


def counted(settings: Settings) -> Any:
    image = {"type": "image", "source": {"type": "url", "url": URL}}
    body = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": [image]}]}
    request = Request("POST", "/v1/messages/count_tokens", "", joined(DOOR), orjson.dumps(body))
    return json(Porter(settings).answer(request).answer)["input_tokens"]


def test_a_picture_behind_a_url_counts_as_the_file_that_stands_for_it(tmp_path: Path):
    file = tmp_path / "large.png"
    file.write_bytes(png(1092, 1092))
    assumed, known = counted(Settings()), counted(Settings(media=(f"{URL}={file}",)))
    assert known - assumed == 1521 - 256


@pytest.mark.parametrize(
    "pair", ["nonsense", "=x", "https://a/b=", "https://a/b=/no/such/file", f"https://a/b={__file__}"]
)
def test_what_stands_for_nothing_is_one_clear_line(pair):
    with pytest.raises(FakeapiError, match=r"^--media: "):
        read_sizes([pair])
