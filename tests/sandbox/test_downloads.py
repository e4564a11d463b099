"""Checksums, entity tags and ranges of downloads, by raw requests."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

ARCHIVE = "/api/v1/training_runs/run-id/checkpoints/weights/0001/archive"
Ask = Callable[..., tuple[int, dict[str, str], bytes]]


@pytest.fixture
def ask(shared_sandbox: Sandbox, reader: httpx.Client) -> Iterator[Ask]:
    url = httpx.URL(reader.get(ARCHIVE).headers["location"])
    connection = http.client.HTTPConnection(url.host, url.port)

    def send(method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, url.raw_path.decode(), headers=named)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    yield send
    connection.close()


def digest_of(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def md5_of(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9", "If_Range": '"other"'}])
def test_the_whole_file_has_checksums_of_its_bytes(ask: Ask, headers: dict[str, str]) -> None:
    status, answered, content = ask(**headers)
    assert status == 200
    assert answered["repr-digest"] == digest_of(content)
    assert headers or answered["content-md5"] == md5_of(content)
    assert answered["content-length"] == str(len(content))
    assert re.fullmatch('"[0-9a-f]{32}"', answered["etag"])


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=100-199", slice(100, 200)),
        ("bytes=500-", slice(500, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=10-99999999", slice(10, None)),
        ("bytes=-99999999", slice(None)),
        ("Bytes = 0-0", slice(1)),
    ],
)
def test_a_part_has_the_digest_of_the_whole(ask: Ask, asked: str, part: slice) -> None:
    _, whole_headers, whole = ask()
    status, headers, content = ask(Range=asked)
    assert (status, content) == (206, whole[part])
    assert headers["repr-digest"] == whole_headers["repr-digest"]
    assert headers["etag"] == whole_headers["etag"]
    assert "content-md5" not in headers
    first = part.indices(len(whole))[0]
    assert headers["content-range"] == f"bytes {first}-{first + len(content) - 1}/{len(whole)}"


def test_several_ranges(ask: Ask) -> None:
    _, whole_headers, whole = ask()
    status, headers, content = ask(Range="bytes=0-9,20-29,-5")
    assert status == 206
    assert headers["repr-digest"] == whole_headers["repr-digest"]
    boundary = headers["content-type"].partition("multipart/byteranges; boundary=")[2]
    parts = content.split(f"--{boundary}".encode())
    assert (parts[0], parts[-1].strip()) == (b"", b"--")
    bodies = [part.partition(b"\r\n\r\n")[2][:-2] for part in parts[1:-1]]
    assert bodies == [whole[:10], whole[20:30], whole[-5:]]
    assert len(content) == int(headers["content-length"])


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_what_is_no_range_of_the_file_is_416(ask: Ask, asked: str) -> None:
    size = len(ask()[2])
    status, headers, _ = ask(Range=asked)
    assert (status, headers["content-range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize("validator", ["etag", "last-modified"])
def test_if_range(ask: Ask, validator: str) -> None:
    _, headers, whole = ask()
    status, _, content = ask(Range="bytes=500-", If_Range=headers[validator])
    assert (status, content) == (206, whole[500:])
    assert ask(Range="bytes=500-", If_Range=f"W/{headers['etag']}")[0] == 200
    assert ask(Range="bytes=99999999-", If_Range='"other"')[0] == 200


def test_head_tells_of_the_whole_file(ask: Ask) -> None:
    _, headers, whole = ask()
    status, told, content = ask("HEAD")
    assert (status, content) == (200, b"")
    for name in ("content-length", "repr-digest", "content-md5", "etag", "accept-ranges"):
        assert told[name] == headers[name], name
    assert headers["content-length"] == str(len(whole))


def test_a_damaged_download_is_told_by_its_digest(sandbox: Sandbox, alice: httpx.Client, wait_for_archive) -> None:
    url = wait_for_archive(alice, ARCHIVE).headers["location"]
    sandbox.faults.add(malformed=True, host="storage")
    damaged = httpx.get(url)
    assert damaged.headers["repr-digest"] != digest_of(damaged.content)
    assert httpx.get(url).headers["repr-digest"] == damaged.headers["repr-digest"]
