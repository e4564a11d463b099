"""Downloads that must not succeed: cut bodies, files that others have planted, archives made to do harm."""

from __future__ import annotations

import asyncio
import errno
import gzip
import json
import os
import shutil
import ssl
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from tinker_rest import (
    APIStatusError,
    DownloadError,
    DownloadProgress,
    InvalidArgumentError,
    RestClient,
    verify_download,
)
from tinker_rest.downloads._destination import MARKER

from .recording_server import (
    Answer,
    Behaviour,
    RecordedRequest,
    RecordingServer,
    client_of,
    never_answer,
    reply,
    wait_until,
)
from .storage_server import CONTENT, PATH, Storage, archive_of, base64_of, member


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# Bodies whose end nothing marks


def unmarked(content: bytes, *headers: str, version: str = "1.1") -> bytes:
    """An answer that ends when the connection does; the server closes it after these."""
    return "\r\n".join([f"HTTP/{version} 200 OK", 'ETag: "one"', *headers, "", ""]).encode() + content


def then_close(answer: bytes) -> Behaviour:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return send


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_cut_that_nothing_shows_is_not_put_in_place(
    client: RestClient, stored: Storage, tmp_path: Path, version: str
) -> None:
    stored.instead = [then_close(unmarked(CONTENT[:1_000_000], version=version))]
    with pytest.raises(DownloadError, match=r"'the archive' may be incomplete: .* 1,000,000 bytes are kept"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert not (tmp_path / "a").exists()
    result = client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (result.path.read_bytes(), result.resumed_from) == (CONTENT, 1_000_000)


@pytest.mark.parametrize("size", [len(CONTENT), 1_000_000])
def test_the_end_may_be_proven_by_a_checksum(
    client: RestClient, stored: Storage, tmp_path: Path, size: int
) -> None:
    digest = f"Repr-Digest: sha-256=:{base64_of('sha256')}:"
    stored.instead = [then_close(unmarked(CONTENT[:size], digest))]
    result = client.download_checkpoint(PATH, tmp_path / "a").result(20)  # asked for again if it was cut
    assert (result.path.read_bytes(), len(stored.asked)) == (CONTENT, 1 if size == len(CONTENT) else 2)


@pytest.mark.parametrize("missing", [0, 1, 8, 100_000])
def test_the_end_may_be_proven_by_gzip(client: RestClient, stored: Storage, tmp_path: Path, missing: int) -> None:
    packed = gzip.compress(CONTENT[:500_000]) + gzip.compress(CONTENT[500_000:])
    stored.instead = [then_close(unmarked(packed[: len(packed) - missing]))]
    call = client.download_checkpoint(PATH, tmp_path / "a")
    if missing:
        with pytest.raises(DownloadError, match="may be incomplete"):
            call.result(20)
        assert not (tmp_path / "a").exists()
    else:
        assert call.result(20).path.read_bytes() == packed


def test_more_than_the_length_that_was_named(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    stored.cuts = [1_000_000]
    longer = b'HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nETag: "one"\r\n'
    longer += b"Content-Range: bytes 1000000-2999999/3000000\r\n\r\n"
    body = CONTENT[1_000_000:] + b"more"
    longer += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    def answer(request: RecordedRequest) -> Answer:
        return longer if len(stored.server.requests) == 2 else stored.of_storage(request)

    stored.server.answer = answer
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT


@pytest.mark.usefixtures("no_jitter")
def test_a_part_that_is_longer_than_it_says_is_not_kept(
    client: RestClient, stored: Storage, tmp_path: Path
) -> None:
    """As from a proxy that sends the whole file beside the header of a part."""
    stored.cuts = [1_000_000]
    named = {"Content_Range": "bytes 1000000-2999999/3000000", "ETag": '"one"'}

    def answer(request: RecordedRequest) -> Answer:
        return reply(206, CONTENT, **named) if len(stored.server.requests) == 2 else stored.of_storage(request)

    stored.server.answer = answer
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT
    assert stored.asked == [None, "bytes=1000000-", None]


def test_a_file_that_nothing_can_be_compared_with_is_not_taken_for_the_same(
    client: RestClient, stored: Storage, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    stored.instead = [then_close(unmarked(CONTENT))]
    with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)


@pytest.mark.parametrize("unknown", [404, 405])
def test_sampler_weights_are_not_taken_for_weights(
    client: RestClient, stored: Storage, tmp_path: Path, unknown: int
) -> None:
    """By the bare name, some servers give the archive of the sampler weights."""

    def answer(request: RecordedRequest) -> Answer:
        return reply(unknown, {"detail": "no"}) if "weights/" in request.target else stored.of_api(request)

    stored.api.answer = answer
    with pytest.raises(APIStatusError):
        client.download_checkpoint("tinker://r/weights/1", tmp_path / "a").result(20)
    assert (len(stored.api.requests), stored.server.requests, tree(tmp_path)) == (1, [], [])
    sampler = client.download_checkpoint("tinker://r/sampler_weights/1", tmp_path / "b").result(20)
    assert sampler.path.read_bytes() == CONTENT


# What others have put where a download goes


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o1777])
def test_a_part_folder_that_is_open_to_others_is_left_alone(
    client: RestClient, stored: Storage, tmp_path: Path, mode: int
) -> None:
    part = tmp_path / "a.part"
    (part / "files").mkdir(parents=True)
    (part / "files" / "photo").write_text("mine")
    part.chmod(mode)
    before = tree(tmp_path)
    with pytest.raises(DownloadError, match=r"a\.part is in the way"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (tree(tmp_path), stored.api.requests) == (before, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a folder to another user")
def test_a_part_folder_of_somebody_else_is_left_alone(client: RestClient, tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    part.mkdir(mode=0o700)
    os.chown(part, 12345, 12345)
    with pytest.raises(DownloadError, match=r"a\.part is in the way"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert tree(tmp_path) == ["a.part"]


@pytest.mark.parametrize("name", ["photos", "files", "0.json"])
def test_a_private_folder_that_no_download_left_is_left_alone(
    client: RestClient, stored: Storage, tmp_path: Path, name: str
) -> None:
    """As are all folders of a user whose umask is 077."""
    part = tmp_path / "a.part"
    (part / name).mkdir(parents=True, mode=0o700)
    part.chmod(0o700)
    (part / name / "one").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(DownloadError, match=r"a\.part is in the way"):
        client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (tree(tmp_path), stored.api.requests) == (before, [])


@pytest.fixture
def swap(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Puts a link to a folder with other files in the place of the part folder; those must stay as they are."""
    others = tmp_path / "others"
    (others / "files").mkdir(parents=True)
    for name in ("files/photo", "archive", "0.json", "lock"):
        (others / name).write_text("mine")

    def swap() -> None:
        (tmp_path / "a.part").rename(tmp_path / "moved")
        (tmp_path / "a.part").symlink_to(others)

    yield swap
    assert tree(others) == ["0.json", "archive", "files", "files/photo", "lock"]
    assert {path.read_text() for path in others.rglob("*") if path.is_file()} == {"mine"}
    assert not (tmp_path / "a").exists()


def interrupt_the_archive(stored: Storage, part: Path, interruption: Callable[[], object]) -> None:
    """Have the storage send an archive, with an interruption once a part of it is in the part folder."""
    stored.content = archive_of((member("a"), CONTENT))
    whole = reply(200, stored.content)

    def has_begun() -> bool:
        return (part / "archive").exists() and (part / "archive").stat().st_size > 0

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(whole[:1_000_000])
        await writer.drain()
        await asyncio.to_thread(wait_until, has_begun)
        interruption()
        writer.write(whole[1_000_000:])
        await writer.drain()

    stored.instead = [send]


@pytest.mark.parametrize("extract", [False, True])
def test_a_part_folder_that_is_moved_away_is_left_alone(
    client: RestClient, stored: Storage, tmp_path: Path, extract: bool
) -> None:
    part = tmp_path / "a.part"
    interrupt_the_archive(stored, part, lambda: part.rename(tmp_path / "moved"))
    with pytest.raises(DownloadError, match=r"a\.part cannot be written: another program has moved"):
        client.download_checkpoint(PATH, tmp_path / "a", extract=extract).result(20)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moved"]


@pytest.mark.parametrize("extract", [False, True])
def test_a_part_folder_that_is_replaced_is_left_alone(
    client: RestClient, stored: Storage, tmp_path: Path, swap: Callable[[], None], extract: bool
) -> None:
    """Anyone who can write to a folder can rename what is in it, even if it is not theirs."""
    interrupt_the_archive(stored, tmp_path / "a.part", swap)
    with pytest.raises(DownloadError, match=r"a\.part cannot be written: another program has moved"):
        client.download_checkpoint(PATH, tmp_path / "a", extract=extract).result(20)


def test_a_part_folder_that_is_replaced_before_the_archive_is_extracted(
    client: RestClient, stored: Storage, tmp_path: Path, swap: Callable[[], None]
) -> None:
    stored.content = archive_of((member("a"), CONTENT))

    def told(progress: DownloadProgress) -> None:
        if progress.phase == "extracting":
            swap()

    with pytest.raises(DownloadError, match=r"a\.part cannot be written: another program has moved"):
        client.download_checkpoint(PATH, tmp_path / "a", extract=True, progress=told).result(20)


@pytest.mark.parametrize("planted", ["files", "0.json", "archive", "lock"])
def test_links_in_a_part_folder_are_not_followed(
    client: RestClient, stored: Storage, tmp_path: Path, planted: str
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "one").write_text("one")
    part = tmp_path / "a.part"
    part.mkdir(mode=0o700)
    (part / planted).symlink_to(photos if planted == "files" else photos / "one")
    before = tree(tmp_path)
    with pytest.raises(DownloadError, match=r"a\.part is in the way"):
        client.download_checkpoint(PATH, tmp_path / "a", extract=True).result(20)
    assert (tree(tmp_path), (photos / "one").read_text(), stored.api.requests) == (before, "one", [])


@pytest.mark.parametrize("extract", [False, True])
def test_a_link_to_nothing_is_not_replaced_unasked(
    client: RestClient, stored: Storage, tmp_path: Path, extract: bool
) -> None:
    stored.content = archive_of((member("a"), b"a"))
    dest = tmp_path / "a"
    dest.symlink_to(tmp_path / "nothing")
    with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
        client.download_checkpoint(PATH, dest, extract=extract).result(20)
    assert (tree(tmp_path), stored.api.requests) == (["a"], [])
    client.download_checkpoint(PATH, dest, extract=extract, overwrite=True).result(20)
    assert not dest.is_symlink()
    assert not (tmp_path / "nothing").exists()


MARKERS = ["[" * 100_000, "[]", "{}", '{"tinker_path": "tinker://r/weights/1", "sizes": null}', "\xff", None]


@pytest.mark.parametrize("content", MARKERS, ids=range(len(MARKERS)))
def test_a_marker_of_somebody_else_does_no_harm(
    client: RestClient, stored: Storage, tmp_path: Path, content: str | None
) -> None:
    stored.content = archive_of((member("a"), b"a"))
    if content is None:
        os.mkfifo(tmp_path / MARKER)
    else:
        (tmp_path / MARKER).write_text(content)
    result = client.download_checkpoint(PATH, tmp_path, extract=True).result(20)
    assert result.path == tmp_path / "r_weights_1"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a file to another user")
def test_a_shared_folder_with_a_marker_of_another_user_is_not_replaced(
    client: RestClient, stored: Storage, tmp_path: Path
) -> None:
    stored.content = archive_of((member("a"), b"a"))
    (tmp_path / "photo").write_text("mine")
    (tmp_path / MARKER).write_text(json.dumps({"tinker_path": PATH, "sizes": {}}))
    os.chown(tmp_path / MARKER, 12345, 12345)
    client.download_checkpoint(PATH, tmp_path, extract=True, overwrite=True).result(20)
    assert (tmp_path / "photo").read_text() == "mine"


@pytest.mark.parametrize("names", [("a", "./a"), ("a/b", "a//b")])
def test_a_file_that_is_named_twice(
    client: RestClient, stored: Storage, tmp_path: Path, names: tuple[str, str]
) -> None:
    urls = {name: f"{stored.server.base_url}/{number}" for number, name in enumerate(names)}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    with pytest.raises(DownloadError, match="or listed one twice"):
        client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x").result(20)
    assert (stored.server.requests, tree(tmp_path)) == ([], [])


# Archives that are made to do harm


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    made = member(name, kind)
    made.size = size
    return made.tobuf(tarfile.GNU_FORMAT)


def with_checksum(block: bytes) -> bytes:
    """A header block whose checksum is right."""
    blank = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(blank) + block[156:]


def block_of(content: bytes) -> bytes:
    return content.ljust(-(-len(content) // 512) * 512, b"\0")


END = bytes(1024)
SELF = header(".", 0, tarfile.DIRTYPE)
GOOD = header("good", 4) + block_of(b"good")
BAD_NUMBER = with_checksum(header("a", 0)[:124] + b"9z9z9z9z9z9\0" + header("a", 0)[136:])
NEGATIVE = with_checksum(header("a", 0)[:124] + b"\xff" * 12 + header("a", 0)[136:])
PAX = b"30 path=" + b"\xff\xfe" * 10 + b"x\n"
HARMFUL = {
    "empty": END,
    "zeros": bytes(12_288),
    "folders alone": header("a", 0, tarfile.DIRTYPE) + END,
    "nested": (header("x", 11, tarfile.XHDTYPE) + block_of(b"11 comment=")) * 2000 + GOOD + END,
    "long names": (header("x", 4, tarfile.GNUTYPE_LONGNAME) + block_of(b"abc\0")) * 2000 + GOOD + END,
    "a bad number": GOOD + BAD_NUMBER + END,
    "a bad number first": BAD_NUMBER + END,
    "a negative size": GOOD + NEGATIVE + END,
    "a damaged header": GOOD + b"x" * 512 + END,
    "a cut header": GOOD + header("a", 0)[:100],
    "no end": GOOD,
    "half an end": GOOD + bytes(300),
    "a pax number": header("x", 16, tarfile.XHDTYPE) + block_of(b"16 size=1e999zz\n") + GOOD + END,
    "a sparse map": header("x", 19, tarfile.XHDTYPE) + block_of(b"19 GNU.sparse.map=\n") + GOOD + END,
    "no UTF-8": with_checksum(b"\xff\xfe" + header("aa", 0)[2:]) + END,
    "half a character": header("x", 28, tarfile.XHDTYPE)
    + block_of(b"28 path=\xc3" + b"a" * 18 + b"\n")
    + GOOD
    + END,
    "a sparse file": with_checksum(
        header("s", 0, tarfile.GNUTYPE_SPARSE)[:483] + b"%011o\0" % 2**31 + header("s", 0)[495:]
    )
    + END,
}


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("name", list(HARMFUL))
def test_harmful_archives(
    client: RestClient, stored: Storage, tmp_path: Path, name: str, compressed: bool
) -> None:
    stored.content = gzip.compress(HARMFUL[name]) if compressed else HARMFUL[name]
    with pytest.raises(DownloadError, match=r"the archive (is damaged|contains|has)"):
        client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20)
    assert tree(tmp_path) == []


def test_headers_cannot_fill_the_memory(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    size = 40 * 2**20
    one = header("x", size, tarfile.XHDTYPE) + bytes(size)
    many = (
        header("x", 2**20, tarfile.XGLTYPE) + block_of(b"1048576 a=" + b"b" * (2**20 - 11) + b"\n") + SELF
    ) * 40
    for harmful in (one + GOOD + END, many + END):
        stored.content = gzip.compress(harmful, 1)
        with pytest.raises(DownloadError, match="bytes of headers"):
            client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(60)
        assert tree(tmp_path) == []


def test_an_archive_that_has_no_room_extracted(
    client: RestClient, stored: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.content = archive_of((member("small"), b"small"), (member("zeros"), bytes(1_000_000)))
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: usage._replace(free=500_000))
        with pytest.raises(DownloadError, match=r"no room left .1,000,000 bytes are needed and 500,000"):
            client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20)
    assert sorted(os.listdir(tmp_path / "x.part")) == ["0.json", "archive", "lock"]
    client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20)
    assert (tmp_path / "x" / "zeros").stat().st_size == 1_000_000
    assert stored.asked == [None]


def test_many_headers_are_no_harm(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    names = [f"layers/{number:04}/{'ä' * 60}" for number in range(50)]
    stored.content = archive_of(*((member(name), b"x" * number) for number, name in enumerate(names)))
    client.download_checkpoint(PATH, tmp_path / "x", extract=True).result(20)
    assert [(tmp_path / "x" / name).stat().st_size for name in names] == list(range(50))


# URLs


def test_http_is_refused_if_the_api_is_https(
    stored: Storage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with RecordingServer(stored.of_api, tls=context) as api, client_of(api) as client:
        with pytest.raises(DownloadError, match="the server returned a download URL that is not https"):
            client.download_checkpoint(PATH, tmp_path / "a").result(20)
        urls = {"a": f"{stored.server.base_url}/a"}
        api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
        with pytest.raises(DownloadError, match="the server returned a download URL that is not https"):
            client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "a").result(20)
    assert (stored.server.requests, tree(tmp_path)) == ([], [])


@pytest.mark.parametrize("urls", [{}, {"a": "file:///etc/passwd"}, {"a": "http://["}, {"a": ""}])
def test_urls_that_are_none(client: RestClient, stored: Storage, tmp_path: Path, urls: dict[str, str]) -> None:
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    with pytest.raises(DownloadError, match=r"the server (listed no files|returned a download URL)"):
        client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x").result(20)
    assert tree(tmp_path) == []


# Places and disks


@pytest.mark.parametrize(("dest", "made"), [("a/b/c", "a/b/c"), ("a/b/", "a/b/r_weights_1.tar.gz")])
def test_folders_on_the_way_are_made(client: RestClient, tmp_path: Path, dest: str, made: str) -> None:
    assert client.download_checkpoint(PATH, f"{tmp_path}/{dest}").result(20).path == tmp_path / made
    assert tree(tmp_path)[-2:] == [made, f"{made}.manifest.json"]


@pytest.mark.parametrize("name", ["x" * 251, "x" * 255, "ä" * 127 + "x"])
def test_long_names(client: RestClient, stored: Storage, tmp_path: Path, name: str) -> None:
    stored.cuts = [1_000_000]
    assert client.download_checkpoint(PATH, tmp_path / name).result(20).path.name == name
    assert len(tree(tmp_path)) == 2
    assert verify_download(tmp_path / name) == {}


def test_a_name_that_is_too_long(client: RestClient, stored: Storage, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="cannot be written: File name too long"):
        client.download_checkpoint(PATH, tmp_path / ("x" * 256)).result(20)
    assert (stored.api.requests, tree(tmp_path)) == ([], [])


def test_a_home_folder_that_is_not_known(client: RestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    for dest in ("~/x", "~", "~nobody-at-all/x"):
        with pytest.raises(InvalidArgumentError, match="unknown home folder"):
            client.download_checkpoint(PATH, dest)


def test_a_home_folder(client: RestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert client.download_checkpoint(PATH, "~/x").result(20).path == tmp_path / "x"


def test_a_mount_that_says_nothing_is_free(
    client: RestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EIO, errno.ENOSPC])
def test_disks_that_cannot_sync(
    client: RestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    call = client.download_checkpoint(PATH, tmp_path / "a")
    if code in (errno.EIO, errno.ENOSPC):
        with pytest.raises(DownloadError, match="cannot be written"):
            call.result(20)
        assert not (tmp_path / "a").exists()
    else:
        assert call.result(20).path.read_bytes() == CONTENT


def test_a_disk_without_locks(client: RestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", fail)
    assert client.download_checkpoint(PATH, tmp_path / "a").result(20).path.read_bytes() == CONTENT


# Threads and transports


def test_downloads_at_once(stored: Storage, tmp_path: Path) -> None:
    stored.server.answer = lambda _: never_answer
    with client_of(stored.api) as client:
        calls = [client.download_checkpoint(PATH, tmp_path / str(number)) for number in range(20)]
        wait_until(lambda: len(stored.server.requests) == 16)
        time.sleep(0.1)  # in which the others would come; later some may come before the server sees others go
        assert stored.server.most_open == 16
        for call in calls[:10]:
            call.cancel()
        wait_until(lambda: len(stored.server.requests) == 20)
        for call in calls:
            call.cancel()
        wait_until(lambda: not list(tmp_path.iterdir()))


def test_cancelling_many_files(stored: Storage, tmp_path: Path) -> None:
    urls = {str(number): f"{stored.server.base_url}/{number}" for number in range(50)}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    stored.server.answer = lambda _: never_answer
    with client_of(stored.api) as client:
        call = client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x", concurrency=3)
        wait_until(lambda: len(stored.server.requests) == 3)
        call.cancel()
        wait_until(lambda: not list(tmp_path.iterdir()))
    assert len(stored.server.requests) == 3


def test_the_first_file_that_fails_ends_the_others(stored: Storage, tmp_path: Path) -> None:
    urls = {str(number): f"{stored.server.base_url}/{number}" for number in range(9)}
    stored.api.answer = lambda _: reply(body={"urls": urls, "expires": "2026-07-13T10:15:00Z"})
    web_page = reply(200, "packed", Content_Encoding="br")
    stored.server.answer = lambda request: web_page if request.target == "/2" else never_answer
    with client_of(stored.api) as client, pytest.raises(DownloadError, match="compressed"):
        client.download_checkpoint("tinker://r/external_weights/1", tmp_path / "x", concurrency=4).result(20)
    assert tree(tmp_path) == []


def test_a_transport_of_the_user(tmp_path: Path) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "api.example":
            return httpx.Response(302, headers={"Location": "https://storage.example/file?signature=x"})
        return httpx.Response(200, content=CONTENT, headers={"Repr-Digest": f"sha-256=:{base64_of('sha256')}:"})

    transport = httpx.MockTransport(answer)
    with RestClient(base_url="https://api.example", api_key="tml-x-0123456789", transport=transport) as client:
        result = client.download_checkpoint(PATH, tmp_path / "a").result(20)
    assert (result.path.read_bytes(), result.verified_by) == (CONTENT, "sha-256")
    assert "x-api-key" not in seen[1].headers
