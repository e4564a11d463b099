"""Going back to the beginning, while requests are on their way."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tinker_rest import APIStatusError
from tinker_rest_sandbox import Sandbox

RUNS = "/api/v1/training_runs"
CHECKPOINT = f"{RUNS}/run-id/checkpoints/weights/0001"
PATH = "tinker://run-id/weights/0001"
OVERTAKEN = {"detail": "The sandbox was reset while this request was in flight."}


def wait_until_received(sandbox: Sandbox, count: int = 1) -> None:
    deadline = time.monotonic() + 5
    while len(sandbox.requests) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_delayed_change_is_not_made_in_the_fresh_state(sandbox: Sandbox) -> None:
    before = sandbox.counts()
    sandbox.faults.add(delay=0.4)
    with sandbox.client() as client:
        overtaken = client.delete_checkpoint_from_tinker_path(PATH)
        wait_until_received(sandbox)
        sandbox.reset()
        with pytest.raises(APIStatusError, match="was reset while") as caught:
            overtaken.result()
        assert (caught.value.status_code, caught.value.attempts) == (410, 1)
        assert (sandbox.counts(), len(sandbox.requests)) == (before, 0)
        assert httpx.get(f"{sandbox.base_url}/__sandbox__/page").json()["counts"]["requests"] == 0
        assert client.get_weights_info_by_tinker_path(PATH).result()
        client.delete_checkpoint_from_tinker_path(PATH).result()


def test_a_lost_answer_that_a_reset_overtakes_leaves_nothing(sandbox: Sandbox) -> None:
    sandbox.faults.add(delay=0.4, drop=True, when="after")
    url, headers = sandbox.base_url + CHECKPOINT, {"X-API-Key": sandbox.api_key, "X-Idempotency-Key": "k"}
    with ThreadPoolExecutor() as pool:
        overtaken = pool.submit(httpx.delete, url, headers=headers)
        wait_until_received(sandbox)
        sandbox.reset()
        assert isinstance(overtaken.exception(), httpx.TransportError)
    assert httpx.get(f"{sandbox.base_url}{CHECKPOINT}/archive", headers=headers).status_code == 503
    # No answer is kept for the key, or this would be 410.
    assert httpx.delete(url, headers=headers).status_code == 204


def test_a_body_that_comes_slowly_belongs_to_the_time_before(sandbox: Sandbox) -> None:
    url = httpx.URL(sandbox.base_url)
    head = (
        f"PUT {CHECKPOINT}/ttl HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {sandbox.api_key}\r\n"
        "Content-Length: 20\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port or 0), timeout=5) as connection:
        connection.sendall(head.encode() + b'{"ttl_sec')
        time.sleep(0.2)
        sandbox.reset()
        connection.sendall(b'onds":3600}')
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 410 ")
    assert len(sandbox.requests) == 0
    with sandbox.client() as client:
        (checkpoint,) = [
            one for one in client.list_checkpoints("run-id").result().checkpoints if one.tinker_path == PATH
        ]
    assert checkpoint.expires_at is None


def test_a_delayed_download_is_told_too(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        url = client.get_checkpoint_archive_url_from_tinker_path(PATH).result().url
    sandbox.faults.add(host="storage", delay=0.4)
    with ThreadPoolExecutor() as pool:
        overtaken = pool.submit(httpx.get, url, headers={"X-API-Key": "tml-leaked"})
        while len(sandbox.storage_requests) == 0:
            time.sleep(0.005)
        sandbox.reset()
        assert (overtaken.result().status_code, overtaken.result().json()) == (410, OVERTAKEN)
    assert (sandbox.requests_with_credentials, len(sandbox.storage_requests)) == ([], 0)
    assert httpx.get(url).status_code == 200


def test_a_reset_by_another_process_is_noticed(tmp_path: Path) -> None:
    # Two sandboxes with one file share no more than two processes do.
    with Sandbox(db=tmp_path / "shared.sqlite") as one, Sandbox(db=tmp_path / "shared.sqlite") as two:
        one.faults.add(delay=0.5)
        with ThreadPoolExecutor() as pool:
            overtaken = pool.submit(
                httpx.delete, one.base_url + CHECKPOINT, headers={"X-API-Key": one.api_key}, timeout=10
            )
            wait_until_received(one)
            two.reset()
            assert overtaken.result().status_code == 410
        with one.client() as client:
            assert client.get_weights_info_by_tinker_path(PATH).result()


def test_resets_among_many_requests(sandbox: Sandbox) -> None:
    """Whatever is answered with success before a reset is gone after it; nothing fails and nothing is left."""
    before = sandbox.counts()
    over = threading.Event()
    seen: set[int] = set()

    def publish_and_copy(number: int) -> None:
        headers = {"X-API-Key": sandbox.api_key}
        body = {"source_path": PATH, "destination_project_id": "project-archive"}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=10) as client:
            while not over.is_set():
                seen.add(client.post(f"{CHECKPOINT}/publish").status_code)
                seen.add(client.post("/api/v1/copy_weights", json=body).status_code)
                seen.add(client.get(f"{RUNS}?limit=5&offset={number}").status_code)

    with ThreadPoolExecutor(8) as pool:
        working = [pool.submit(publish_and_copy, number) for number in range(8)]
        for _ in range(40):
            time.sleep(0.02)
            sandbox.reset()
        over.set()
        for one in working:
            one.result()
    sandbox.reset()
    assert sandbox.counts() == before
    assert len(sandbox.requests) == 0
    assert seen <= {200, 204, 409, 410}
    assert {200, 204} <= seen
