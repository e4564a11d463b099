"""Downloads: what arrives, what is gone on with, what is checked and what is told."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import pickle
import re
import socket
import ssl
import tarfile
from pathlib import Path
from typing import Any

import pytest
import trustme

from tinker_rest import (
    APIConnectionError,
    APITimeoutError,
    DownloadError,
    DownloadProgress,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RestClient,
    RetryEvent,
    TinkerError,
)
from tinker_rest._work import Transfer
from tinker_rest.downloads._destination import MARKER
from tinker_rest_sandbox import Sandbox

from .recording_server import KEY, RecordingServer, client_of, lose_answer, never_answer, reply
from .storage_server import (
    CONTENT,
    GONE,
    PATH,
    SIGNATURE,
    Storage,
    archive_of,
    base64_of,
    member,
)

SHA256 = {"Repr-Digest": f"sha-256=:{base64_of('sha256')}:"}


def left_in(folder: Path) -> list[str]:
    """All files but manifests and the lock."""
    files = [one.relative_to(folder) for one in folder.rglob("*") if one.is_file()]
    return sorted(
        one.as_posix()
        for one in files
        if one.name not in ("lock", MARKER) and not one.name.endswith(".manifest.json")
    )


# With the sandbox


def ranges_asked(sandbox: Sandbox) -> list[str | None]:
    return [dict(request.headers).get("range") for request in sandbox.storage_requests]


def test_an_archive_is_waited_for_and_verified(tmp_path: Path) -> None:
    building = Sandbox(validate_responses=True, archive_build_seconds=0.3)
    with building as sandbox, sandbox.client() as client:
        result = client.download_checkpoint("tinker://run-id/weights/0001", tmp_path / "it.tgz").result()
        assert result.path == tmp_path / "it.tgz"
        assert result.size_bytes == result.path.stat().st_size
        assert (result.verified_by, result.already_present, result.resumed_from) == ("sha-256", False, 0)
        with tarfile.open(result.path) as archive:
            assert "adapter_config.json" in archive.getnames()
        assert left_in(tmp_path) == ["it.tgz"]
        again = client.download_checkpoint("tinker://run-id/weights/0001", tmp_path / "it.tgz").result()
        assert (again.already_present, again.sha256) == (True, result.sha256)
    assert (sandbox.requests_with_credentials, sandbox.violations) == ([], [])


def test_a_folder_gets_a_name_made_of_the_path(sandbox: Sandbox, tmp_path: Path) -> None:
    checkpoint = sandbox.add_checkpoint(kind="sampler_weights")
    name = checkpoint.training_run_id.replace(":", "_") + "_sampler_weights_0001"
    with sandbox.client() as client:
        assert client.download_checkpoint(checkpoint.tinker_path, tmp_path).result().path.name == f"{name}.tar.gz"
        extracted = client.download_checkpoint(checkpoint.tinker_path, str(tmp_path), extract=True).result()
    assert extracted.path == tmp_path / name
    inside = ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    assert left_in(tmp_path) == sorted([f"{name}.tar.gz", *(f"{name}/{one}" for one in inside)])


@pytest.mark.core_install
def test_external_weights_become_a_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    path = sandbox.add_checkpoint(kind="external_weights").tinker_path
    sandbox.faults.add(host="storage", truncate=1000, match="/weights/*.safetensors")
    with sandbox.client() as client:
        result = client.download_checkpoint(path, tmp_path / "weights").result()
        assert left_in(tmp_path) == ["weights/adapter_config.json", "weights/adapter_model.safetensors"]
        assert result.size_bytes == sum((tmp_path / one).stat().st_size for one in left_in(tmp_path))
        assert (result.verified_by, result.sha256) == ("sha-256", None)
        assert client.download_checkpoint(path, tmp_path / "weights").result().already_present
        (result.path / "adapter_config.json").write_text("{}")
        with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
            client.download_checkpoint(path, tmp_path / "weights").result()
        replaced = client.download_checkpoint(path, tmp_path / "weights", overwrite=True).result()
    assert "base_model_name_or_path" in (replaced.path / "adapter_config.json").read_text()
    assert left_in(tmp_path) == ["weights/adapter_config.json", "weights/adapter_model.safetensors"]
    assert sandbox.requests_with_credentials == []


@pytest.mark.usefixtures("no_jitter")
def test_broken_connections_are_gone_on_with(sandbox: Sandbox, big: str, tmp_path: Path) -> None:
    sandbox.faults.add(host="storage", truncate=300_000, times=2)
    sandbox.faults.add(host="storage", drop=True)
    sandbox.faults.add(host="storage", status=503, retry_after=0)
    with sandbox.client() as client:
        assert client.download_checkpoint(big, tmp_path / "a").result().verified_by == "sha-256"
    assert ranges_asked(sandbox) == [None, "bytes=300000-", "bytes=600000-", "bytes=600000-", "bytes=600000-"]


@pytest.mark.usefixtures("no_jitter")
def test_an_expired_url_is_replaced(sandbox: Sandbox, big: str, tmp_path: Path) -> None:
    sandbox.faults.add(host="storage", truncate=300_000)
    with sandbox.client(on_retry=lambda _: sandbox.clock.advance(3600)) as client:
        client.download_checkpoint(big, tmp_path / "a").result()
    assert ranges_asked(sandbox) == [None, "bytes=300000-", "bytes=300000-"]
    urls = {request.target for request in sandbox.storage_requests}
    assert len(urls) == 2
    assert len([one for one in sandbox.requests if one.operation_id == "get_checkpoint_archive_url"]) >= 2


@pytest.mark.usefixtures("no_jitter")
def test_an_archive_that_was_replaced_starts_again(
    sandbox: Sandbox, big: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add(host="storage", truncate=300_000)
    replaced = []

    def replace(event: RetryEvent) -> None:
        if event.operation_id == "download_checkpoint":
            assert sandbox._storage is not None
            sandbox._storage.forget()  # what it holds has another entity tag from now on
            replaced.append(True)

    with sandbox.client(on_retry=replace) as client:
        assert client.download_checkpoint(big, tmp_path / "a").result().resumed_from == 0
    assert replaced == [True]
    assert ranges_asked(sandbox) == [None, "bytes=300000-"]
    assert "starts over, since it has changed" in caplog.text


# What storages do


def test_a_body_is_gone_on_with_by_another_client(stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [1_000_000]
    stored.headers = SHA256
    with client_of(stored.api, max_retries=0) as client, pytest.raises(APIConnectionError) as caught:
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert "received 1000000 bytes, expected 3000000" in str(caught.value)
    assert left_in(tmp_path) == ["a.part/0.json", "a.part/archive"]
    with client_of(stored.api) as client:
        result = client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (result.resumed_from, result.verified_by) == (1_000_000, "sha-256")
    assert result.path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-"]
    assert stored.server.requests[1].header("If-Range") == '"one"'
    assert left_in(tmp_path) == ["a"]


def test_a_part_is_left_alone_on_wish(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [1_000_000]
    with pytest.raises(APIConnectionError):
        client.with_options(max_retries=0).download_checkpoint(PATH, tmp_path / "a").result(20)
    client.download_checkpoint(PATH, tmp_path / "a", resume=False).result(20)
    assert stored.asked == [None, None]


def test_a_part_of_another_checkpoint_is_not_gone_on_with(stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [1_000_000]
    with client_of(stored.api, max_retries=0) as client:
        with pytest.raises(APIConnectionError):
            client.download_checkpoint("tinker://r/weights/other", tmp_path / "a").result(20)
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert stored.asked == [None, None]


def test_a_part_that_is_a_link_is_not_written_to(stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [1_000_000]
    victim, part = tmp_path / "victim", tmp_path / "a.part" / "archive"
    with client_of(stored.api, max_retries=0) as client:
        with pytest.raises(APIConnectionError):
            client.download_checkpoint(PATH, tmp_path / "a").result(20)
        part.rename(victim)
        part.symlink_to(victim)
        with pytest.raises(DownloadError, match=r"a\.part is in the way"):
            client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert victim.stat().st_size == 1_000_000
    assert stored.asked == [None]


@pytest.mark.usefixtures("no_jitter")
def test_a_storage_without_ranges_starts_again(
    client: RestClient, stored: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored.knows_ranges, stored.cuts = False, [1_000_000]
    result = client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (result.path.read_bytes(), result.resumed_from, result.verified_by) == (CONTENT, 0, None)
    assert "the storage does not send ranges" in caplog.text


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize("etag", [None, 'W/"weak"', '""'])
def test_without_a_strong_entity_tag_nothing_is_put_together(
    client: RestClient, stored: Storage, tmp_path: Path, etag: str | None
) -> None:
    stored.etag, stored.cuts = etag, [1_000_000]
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, None]


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize(
    "wrong",
    [
        {"Content_Range": "bytes 5-2999999/3000000"},
        {"Content_Range": "bytes 1000000-2999999/4000000"},
        {"Content_Range": "bytes 1000000-2999999/3000000", "ETag": '"two"'},
        {"Content_Range": "bytes 1000000-2999999/3000000", "ETag": 'W/"one"'},
        {"Content_Range": "bytes 1000000-2999999/3000000"},
        {"Content_Range": "bytes 1000000-2999999/*", "ETag": '"one"'},
        {},
    ],
)
def test_another_part_than_was_asked_for_is_not_kept(
    client: RestClient, stored: Storage, tmp_path: Path, wrong: dict[str, str]
) -> None:
    stored.cuts = [1_000_000]

    def answer(request: Any) -> Any:
        if len(stored.server.requests) == 2:
            return reply(206, b"x" * 2_000_000, **wrong)
        return stored.of_storage(request)

    stored.server.answer = answer
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-", None]


@pytest.mark.usefixtures("no_jitter")
def test_a_storage_that_sends_a_bit_at_a_time(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [1_000_000]

    def answer(request: Any) -> Any:
        if request.header("Range") is None:
            return stored.of_storage(request)
        first = int(request.header("Range")[len("bytes=") : -1])
        last = first + 999_999
        return reply(206, CONTENT[first : last + 1], Content_Range=f"bytes {first}-{last}/3000000", ETag='"one"')

    stored.server.answer = answer
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-", "bytes=2000000-"]


def test_a_part_that_is_whole_is_not_asked_for_again(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    """As when the process ended while the bytes were compared."""
    stored.headers, stored.cuts = SHA256, [2_999_999]
    with pytest.raises(APIConnectionError):
        client.with_options(max_retries=0).download_checkpoint(PATH, tmp_path / "a").result(20)
    with (tmp_path / "a.part" / "archive").open("ab") as part:
        part.write(CONTENT[-1:])
    result = client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (result.path.read_bytes(), result.verified_by) == (CONTENT, "sha-256")
    assert stored.asked == [None]


@pytest.mark.core_install
def test_a_body_of_unknown_length(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    parts = [CONTENT[start : start + 100_000] for start in range(0, len(CONTENT), 100_000)]
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    progress: list[DownloadProgress] = []

    async def cut(writer: asyncio.StreamWriter) -> None:
        writer.write(chunked)
        await writer.drain()

    stored.instead = [cut, chunked + b"0\r\n\r\n"]
    result = client.download_checkpoint(PATH, tmp_path / "a", progress=progress.append).result(20)
    assert result.path.read_bytes() == CONTENT
    assert (progress[-1].bytes_done, progress[-1].bytes_total) == (len(CONTENT), len(CONTENT))


def test_what_the_storage_says_is_compressed_is_kept_as_it_is(
    client: RestClient, stored: Storage, tmp_path: Path
) -> None:
    stored.content, stored.headers = gzip.compress(CONTENT), {"Content_Encoding": "gzip"}
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == stored.content
    assert stored.server.requests[0].header("Accept-Encoding") == "identity"


CHECKSUMS = [
    ("sha-256", {"Repr_Digest": f"sha-512=:AAAA:, sha-256=:{base64_of('sha256')}:"}),
    ("sha-256", {"Digest": f"SHA-256={base64_of('sha256')},md5={base64_of('md5')}"}),
    ("sha-256", {"x_amz_checksum_sha256": base64_of("sha256")}),
    ("md5", {"Content_MD5": base64_of("md5")}),
    ("md5", {"x_goog_hash": f"crc32c=AAAAAA==,md5={base64_of('md5')}"}),
    (None, {"x_amz_checksum_crc32": "AAAAAA==", "Repr_Digest": f"sha-512=:{base64_of('sha512')}:"}),
    (None, {"x_amz_checksum_sha256": f"{base64_of('sha256')}-3", "Content_MD5": "no base64", "ETag": '"0"'}),
]


@pytest.mark.parametrize(("name", "headers"), CHECKSUMS)
def test_checksums_of_storages(
    client: RestClient, stored: Storage, tmp_path: Path, name: str | None, headers: dict[str, str]
) -> None:
    stored.etag, stored.headers = None, headers
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).verified_by == name


@pytest.mark.parametrize(("name", "headers"), [row for row in CHECKSUMS if row[0]])
def test_damaged_bytes_are_asked_for_once_more_and_not_kept(
    client: RestClient, stored: Storage, tmp_path: Path, name: str, headers: dict[str, str]
) -> None:
    stored.headers, stored.content = headers, CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(DownloadError, match="is damaged: its checksum"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert stored.asked == [None, None]
    assert left_in(tmp_path) == []


def test_damage_that_passes_is_mended(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.headers = SHA256
    stored.instead = [reply(200, b"x" * len(CONTENT), **SHA256)]
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT


def test_a_part_that_was_damaged_on_disk_is_noticed(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.headers, stored.cuts = SHA256, [1_000_000]
    with pytest.raises(APIConnectionError):
        client.with_options(max_retries=0).download_checkpoint(PATH, tmp_path / "a").result(20)
    with (tmp_path / "a.part" / "archive").open("r+b") as part:
        part.write(b"damage")
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-", None]


# Redirects, expiry, secrets


def test_redirects_of_the_storage_are_followed(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    with RecordingServer() as other:
        stored.instead = [reply(307, Location=f"{other.base_url}/moved?{SIGNATURE}")]
        other.answer = lambda _: reply(200, CONTENT)
        assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
        assert other.lines == [f"GET /moved?{SIGNATURE}"]
        assert not [
            name for name, _ in other.requests[0].headers if name.lower() in ("x-api-key", "authorization")
        ]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "/loop"])
def test_redirects_that_are_not_followed(
    client: RestClient, stored: Storage, tmp_path: Path, location: str
) -> None:
    stored.server.answer = lambda _: reply(302, Location=location)
    with pytest.raises(APIConnectionError, match="redirect"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert not left_in(tmp_path)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refused_url_is_replaced_once(client: RestClient, stored: Storage, tmp_path: Path, status: int) -> None:
    stored.cuts, stored.instead = [1_000_000], []

    def answer(request: Any) -> Any:
        is_first_url = request.target.startswith("/file-1?")
        return stored.of_storage(request) if len(stored.server.requests) != 2 else (
            reply(status, {"detail": "expired"}) if is_first_url else b""
        )  # fmt: skip

    stored.server.answer = answer
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-", "bytes=1000000-"]
    assert [line.partition("?")[0] for line in stored.server.lines] == [
        "GET /file-1",
        "GET /file-1",
        "GET /file-2",
    ]


def test_what_the_storage_says_is_told_without_secrets(
    stored: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored.server.answer = lambda _: GONE
    with caplog.at_level(logging.DEBUG), client_of(stored.api) as client:
        call = client.download_checkpoint(PATH, tmp_path / "a")
        with pytest.raises(PermissionDeniedError) as caught:
            call.result(20)
    error = caught.value
    assert "download_checkpoint failed: 403 Forbidden: Request has expired" in str(error)
    assert len(stored.server.requests) == 2
    everything = caplog.text + repr(call) + str(error) + repr(error.__dict__) + repr(error.response.content)
    for secret in (SIGNATURE, "secret-signature", KEY):
        assert secret not in everything
    assert pickle.loads(pickle.dumps(error)).status_code == 403
    assert not left_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_not_sent_to_the_storage(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [10, 10]
    client.download_checkpoint(PATH, tmp_path / "a").result(20)
    sent = [name.lower() for request in stored.server.requests for name, _ in request.headers]
    assert {"x-api-key", "authorization", "cookie"}.isdisjoint(sent)
    assert KEY not in repr(stored.server.requests)


def test_a_proxy_carries_downloads(
    stored: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with RecordingServer() as proxy:
        proxy.answer = lambda request: (
            reply(302, Location=f"http://storage.invalid/file?{SIGNATURE}")
            if "api.invalid" in request.target
            else stored.of_storage(request)
        )
        monkeypatch.setenv("http_proxy", proxy.base_url)
        stored.cuts, stored.headers = [1_000_000], SHA256
        with caplog.at_level(logging.DEBUG), client_of(proxy, base_url="http://api.invalid") as client:
            assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
        assert [request.header("Range") for request in proxy.requests[1:]] == [None, "bytes=1000000-"]
        assert proxy.requests[1].header("X-API-Key") is None
    assert "secret-signature" not in caplog.text


@pytest.mark.parametrize("media_type", ["text/html", "application/xhtml+xml", "Application/JSON", "text/xml"])
def test_a_message_is_no_archive(client: RestClient, stored: Storage, tmp_path: Path, media_type: str) -> None:
    stored.instead = [reply(200, "<html>Log in</html>", media_type=media_type)]
    with pytest.raises(DownloadError, match=f"sent '{re.escape(media_type)}' instead of 'the archive'"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert list(tmp_path.iterdir()) == []


def test_a_web_page_is_no_file_of_weights_unless_its_name_says_so(stored: Storage, tmp_path: Path) -> None:
    urls = {"index.html": f"{stored.server.base_url}/page"}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    stored.server.answer = lambda _: reply(200, "<html>", media_type="text/html")
    with client_of(stored.api) as client:
        assert client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "a").result(20).size_bytes
        urls["weights"] = f"{stored.server.base_url}/weights"
        with pytest.raises(DownloadError, match="sent 'text/html' instead of 'weights'"):
            client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "b").result(20)
    assert not (tmp_path / "b").exists()


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize(
    "empty",
    ["Content-Length: 0\r\n\r\n", "Content-Length: 00\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
)
def test_nothing_is_no_archive(client: RestClient, stored: Storage, tmp_path: Path, empty: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\n{empty}".encode()
    stored.instead = [answer]
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    stored.server.answer = lambda _: answer
    for extract in (False, True):
        call = client.with_options(max_retries=1).download_checkpoint(PATH, tmp_path / "b", extract=extract)
        with pytest.raises(APIConnectionError, match="the storage sent nothing"):
            call.result(20)
    assert not (tmp_path / "b").exists()


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.core_install
def test_a_storage_with_tls(
    stored: Storage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with RecordingServer(tls=context) as secure:
        stored.server = secure
        secure.answer = stored.of_storage
        with client_of(stored.api) as client, pytest.raises(APIConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            client.download_checkpoint(PATH, tmp_path / "a").result(20)
        assert (secure.requests, list(tmp_path.iterdir())) == ([], [])
        bundle = tmp_path_factory.mktemp("tls") / "ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        stored.cuts, stored.headers = [1_000_000], SHA256
        with client_of(stored.api) as client:
            assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
        assert stored.asked[0] is None
        assert re.fullmatch(r"bytes=\d+-", stored.asked[1] or "")
        secure.answer = lambda _: reply(302, Location=f"{stored.api.base_url}/plain?{SIGNATURE}")
        with client_of(stored.api) as client, pytest.raises(APIConnectionError, match="from https to http"):
            client.download_checkpoint(PATH, tmp_path / "b").result(20)


# Patience


@pytest.mark.core_install
def test_silence_is_given_up_on(stored: Storage, tmp_path: Path) -> None:
    async def stall(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
        await never_answer(writer)

    stored.instead = [stall]
    client = client_of(stored.api, attempt_timeout=0.5, max_retries=0)
    with client, pytest.raises(APITimeoutError, match=r"no data received for 0.5 s \(attempt_timeout\)"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)


def test_attempts_without_progress_are_counted(stored: Storage, tmp_path: Path) -> None:
    stored.server.answer = lambda _: reply(503, {"detail": "busy"}, Retry_After="0")
    with client_of(stored.api, max_retries=2) as client, pytest.raises(InternalServerError, match="busy"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert len(stored.server.requests) == 3


@pytest.mark.usefixtures("no_jitter")
def test_progress_starts_the_count_anew(stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [500_000, 500_000, 500_000, 500_000]
    with client_of(stored.api, max_retries=1) as client:
        assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert len(stored.server.requests) == 5


def test_starting_again_and_again_is_no_progress(stored: Storage, tmp_path: Path) -> None:
    stored.knows_ranges, stored.cuts = False, [500_000] * 50
    with client_of(stored.api, max_retries=2) as client, pytest.raises(APIConnectionError):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert len(stored.server.requests) == 3


@pytest.mark.usefixtures("no_jitter")
def test_a_lost_answer_is_asked_for_again(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.instead = [lose_answer, lose_answer]
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT


@pytest.mark.usefixtures("no_jitter")
def test_a_name_that_is_unknown_for_a_while(
    stored: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a laptop that changes its network; no server can make that happen."""
    look_up = socket.getaddrinfo
    answers = iter([False, True, True])

    def unsteady(host: Any, *arguments: Any, flags: int = 0, **options: Any) -> Any:
        if host == "localhost" and not flags and next(answers, False):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *arguments, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", unsteady)
    port = stored.server.base_url.rpartition(":")[2]
    stored.api.answer = lambda _: reply(302, Location=f"http://localhost:{port}/file?{SIGNATURE}")
    stored.cuts = [1_000_000]
    with client_of(stored.api) as client:
        assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-"]
    answers = iter([True])
    with client_of(stored.api) as client, pytest.raises(APIConnectionError, match="not known"):
        client.download_checkpoint(PATH, tmp_path / "b").result(20)


# Progress


def test_progress_is_told(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    told: list[DownloadProgress] = []
    stored.cuts = [1_000_000]
    with pytest.raises(APIConnectionError):
        client.with_options(max_retries=0).download_checkpoint(PATH, tmp_path / "a").result(20)
    client.download_checkpoint(PATH, tmp_path / "a", progress=told.append).result(20)
    assert told[0] == DownloadProgress(bytes_done=0, bytes_total=None, bytes_resumed=0, phase="waiting")
    assert told[-1].bytes_done == told[-1].bytes_total == len(CONTENT)
    assert told[-1].bytes_resumed == 1_000_000
    assert len(set(told)) == len(told)


def test_the_same_progress_is_told_once() -> None:
    told: list[int] = []
    numbers = iter([1, 1, 2])

    class Numbers(Transfer):
        def _progress_now(self) -> int:
            return next(numbers)

    transfer = Numbers(progress=told.append)
    for _ in range(3):
        transfer.tell(is_due=True)
    assert told == [1, 2]


def test_what_progress_raises_changes_nothing(
    client: RestClient, stored: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: DownloadProgress) -> None:
        raise SystemExit

    assert client.download_checkpoint(PATH, tmp_path / "a", progress=fail).result(20).size_bytes == len(CONTENT)
    assert "the progress hook failed; the download continues" in caplog.text


# Arguments and errors of the API


@pytest.mark.parametrize(
    ("path", "dest", "options", "message"),
    [
        ("run/weights/1", "a", {}, "tinker_path must look like"),
        (PATH, "", {}, "dest must be the path"),
        (PATH, b"a", {}, "dest must be the path"),
        (PATH, None, {}, "dest must be the path"),
        (PATH, "a\0b", {}, "dest must be the path"),
        (PATH, "a", {"concurrency": 0}, "concurrency must be a whole number from 1 to 64"),
        (PATH, "a", {"progress": 5}, "progress must be callable"),
    ],
)
def test_arguments_are_checked(server: RecordingServer, path: Any, dest: Any, options: Any, message: str) -> None:
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match=message):
        client.download_checkpoint(path, dest, **options)
    assert server.requests == []


def test_a_checkpoint_that_is_not_there(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.api.answer = lambda _: reply(404, {"detail": "no such checkpoint"})
    with pytest.raises(NotFoundError, match="no such checkpoint"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert list(tmp_path.iterdir()) == []


def test_the_async_form(stored: Storage, tmp_path: Path) -> None:
    async def main() -> Path:
        async with client_of(stored.api) as client:
            return (await client.download_checkpoint_async(PATH, tmp_path / "a")).path

    assert asyncio.run(main()).read_bytes() == CONTENT


# Extraction


def test_an_archive_is_extracted_and_not_kept(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.content = archive_of(
        (member(".", tarfile.DIRTYPE), b""), (member("./a/b.txt"), b"b"), (member("empty", tarfile.DIRTYPE), b"")
    )
    path = client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20).path
    assert left_in(tmp_path) == ["x/a/b.txt"]
    assert (path / "a" / "b.txt").read_bytes() == b"b"
    assert (path / "empty").is_dir()


def test_an_archive_without_compression(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.content = archive_of((member("a"), b"a"), mode="w")
    client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20)
    assert left_in(tmp_path) == ["x/a"]


ATTACKS = {
    "parent": [(member("../evil"), b"x")],
    "deep parent": [(member("a/../../evil"), b"x")],
    "absolute": [(member("/tmp/evil-of-tinker-rest"), b"x")],
    "backslash": [(member("..\\evil"), b"x")],
    "control": [(member("a\nb"), b"x")],
    "symlink": [(member("link", tarfile.SYMTYPE, ".."), b""), (member("link/evil"), b"x")],
    "hard link": [(member("link", tarfile.LNKTYPE, "../../evil"), b"")],
    "device": [(member("null", tarfile.CHRTYPE), b"")],
    "block device": [(member("sda", tarfile.BLKTYPE), b"")],
    "pipe": [(member("pipe", tarfile.FIFOTYPE), b"")],
    "file as folder": [(member("a"), b"1"), (member("a/b"), b"2")],
}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_archives_that_attack_are_refused_whole(
    client: RestClient, stored: Storage, tmp_path: Path, name: str
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    stored.content = archive_of((member("good"), b"good"), *ATTACKS[name])
    with pytest.raises(DownloadError, match=r"the archive ((contains|has) .* nothing was kept|is damaged)"):
        client.download_checkpoint(PATH, inner / "x", extract=True).result(20)
    assert list(tmp_path.rglob("*")) == [inner]
    assert not Path("/tmp/evil-of-tinker-rest").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        archive_of((member("a"), CONTENT))[:-100_000],
        archive_of((member("a"), b"a"))[:-8] + b"12345678",
    ],
    ids=["text", "cut", "checksum"],
)
def test_archives_that_cannot_be_read(client: RestClient, stored: Storage, tmp_path: Path, content: bytes) -> None:
    stored.content = content
    with pytest.raises(DownloadError, match="the archive is damaged or not a tar archive"):
        client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_replaced_at_the_end_alone(
    client: RestClient, stored: Storage, tmp_path: Path
) -> None:
    place = tmp_path / "r_weights_1"
    place.mkdir()
    (place / "old").write_text("old")
    with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
        client.download_checkpoint(PATH, tmp_path, extract=True).result(20)
    assert stored.api.requests == []
    stored.content = b"no archive"
    with pytest.raises(DownloadError, match="damaged"):
        client.download_checkpoint(PATH, tmp_path, extract=True, overwrite=True).result(20)
    assert left_in(place) == ["old"]
    stored.content = archive_of((member("new"), b"new"))
    client.download_checkpoint(PATH, tmp_path, extract=True, overwrite=True).result(20)
    assert left_in(tmp_path) == ["r_weights_1/new"]


@pytest.mark.parametrize("dest", ["x", "."])
def test_an_extracted_checkpoint_is_known_again(
    client: RestClient, stored: Storage, tmp_path: Path, dest: str
) -> None:
    stored.content = archive_of((member("a/b"), b"b"))
    first = client.download_checkpoint(PATH, tmp_path / dest, extract=True).result(20)
    again = client.download_checkpoint(PATH, tmp_path / dest, extract=True).result(20)
    assert (again.path, again.already_present, again.size_bytes) == (first.path, True, len(stored.content))
    (first.path / "a" / "b").write_text("changed")
    with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
        client.download_checkpoint(PATH, tmp_path / dest, extract=True).result(20)
    client.download_checkpoint(PATH, tmp_path / dest, extract=True, overwrite=True).result(20)
    assert (first.path / "a" / "b").read_text() == "b"
    stored.etag = '"two"'
    with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
        client.download_checkpoint(PATH, tmp_path / dest, extract=True).result(20)


def test_external_files_that_change_before_the_url_is_replaced(
    client: RestClient, stored: Storage, tmp_path: Path
) -> None:
    urls = {"a": f"{stored.server.base_url}/a"}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})

    def refuse(_: Any) -> bytes:
        urls["b"] = f"{stored.server.base_url}/b"
        return GONE

    stored.server.answer = refuse
    with pytest.raises(DownloadError, match="the checkpoint's files have changed"):
        client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x").result(20)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/evil", "a\\b", "", "a/../../b"])
def test_names_of_external_files_stay_in_their_folder(
    client: RestClient, stored: Storage, tmp_path: Path, name: str
) -> None:
    urls = {"good": f"{stored.server.base_url}/good", name: f"{stored.server.base_url}/evil"}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    with pytest.raises(TinkerError, match="unsafe file name"):
        client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x").result(20)
    assert stored.server.requests == []
    assert list(tmp_path.iterdir()) == []


def test_external_files_are_downloaded_so_many_at_once(stored: Storage, tmp_path: Path) -> None:
    urls = {f"layers/{number}": f"{stored.server.base_url}/{number}" for number in range(9)}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    with client_of(stored.api) as client:
        path = "tinker://r/external_weights/1"
        result = client.download_checkpoint(path, tmp_path / "x", concurrency=3).result(20)
    assert left_in(tmp_path) == [f"x/layers/{number}" for number in range(9)]
    assert result.size_bytes == 9 * len(CONTENT)
    assert {one.read_bytes() for one in (tmp_path / "x" / "layers").iterdir()} == {CONTENT}
    assert stored.server.most_open <= 3


def test_what_another_checkpoint_has_left_is_not_mixed_in(stored: Storage, tmp_path: Path) -> None:
    def urls_of(*names: str) -> bytes:
        urls = {name: f"{stored.server.base_url}/{name}" for name in names}
        return reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})

    stored.api.answer = lambda _: urls_of("a", "b")
    stored.cuts = [None, 1_000_000]
    with client_of(stored.api, max_retries=0) as client:
        with pytest.raises(APIConnectionError):
            client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x", concurrency=1).result(20)
        assert left_in(tmp_path)[2:] == ["x.part/files/a", "x.part/files/b"]
        stored.api.answer = lambda _: urls_of("b")
        client.download_checkpoint("tinker://r/external_weights/2", tmp_path / "x").result(20)
    assert stored.asked == [None, None, None]
    assert left_in(tmp_path) == ["x/b"]


async def head_that_drips(writer: asyncio.StreamWriter) -> None:
    """Begin the head of an answer, and send a byte of it now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)


def test_a_head_that_drips_ends_an_attempt(stored: Storage, tmp_path: Path) -> None:
    stored.instead.append(head_that_drips)
    with client_of(stored.api, attempt_timeout=0.3) as client:
        result = client.download_checkpoint(PATH, tmp_path / "a").result(10)
    assert result.path.read_bytes() == stored.content
    assert len(stored.server.requests) == 2
