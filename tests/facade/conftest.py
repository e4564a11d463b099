"""What the tests of the facade share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tinker_rest import RestClient
from tinker_rest_sandbox import Sandbox

from .recording_server import RecordingServer, client_of
from .storage_server import Storage, storage


@pytest.fixture(autouse=True)
def _no_credentials_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The credentials and settings of the person who runs the tests are not used."""
    for name in ("TINKER_API_KEY", "TINKER_BASE_URL", "TINKER_CREDENTIAL_CMD", "TINKER_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are retried at once unless `Retry-After` asks for a wait: no random delays."""
    monkeypatch.setattr("random.random", lambda: 0.0)


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """A server that answers everything right, until a test tells it otherwise."""
    with RecordingServer() as running:
        yield running


@pytest.fixture
def rest(sandbox: Sandbox) -> Iterator[RestClient]:
    """A client of the first user of a sandbox."""
    with sandbox.client() as client:
        yield client


@pytest.fixture
def stored() -> Iterator[Storage]:
    """An API that redirects to a storage, until a test tells them otherwise."""
    with storage() as running:
        yield running


@pytest.fixture
def client(stored: Storage) -> Iterator[RestClient]:
    """A client of the API that redirects to `stored`."""
    with client_of(stored.api) as made:
        yield made


@pytest.fixture
def big(sandbox: Sandbox) -> str:
    """The tinker path of a checkpoint whose archive has about a megabyte."""
    run = sandbox.add_training_run(lora_rank=512)
    return sandbox.add_checkpoint(training_run_id=run.training_run_id).tinker_path
