"""Clients beside libraries that mock httpx, freeze the clock or replace threads; those that are installed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import httpx
import pytest

from tinker_rest import RestClient

from .recording_server import KEY, TRAINING_RUN, RecordedRequest, RecordingServer, never_answer, smallest_answer

ADDRESS = "https://api.invalid"
RUN_URL = f"{ADDRESS}/api/v1/training_runs/r?access_scope=owned"


def test_respx() -> None:
    respx = pytest.importorskip("respx")
    with respx.mock, RestClient(base_url=ADDRESS, api_key=KEY) as client:
        route = respx.get(RUN_URL).mock(return_value=httpx.Response(200, json=TRAINING_RUN))
        assert client.get_training_run("r").result(10).base_model == "b"
        assert isinstance(client.list_sessions().exception(10), AssertionError)
        assert route.calls[0].request.headers["X-API-Key"] == KEY


def test_pytest_httpx(request: pytest.FixtureRequest) -> None:
    pytest.importorskip("pytest_httpx")
    httpx_mock: Any = request.getfixturevalue("httpx_mock")
    httpx_mock.add_response(url=RUN_URL, json=TRAINING_RUN)
    with RestClient(base_url=ADDRESS, api_key=KEY) as client:
        assert client.get_training_run("r").result(10).base_model == "b"


USE = """
import sys
from tinker_rest import APITimeoutError, RestClient
with RestClient(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20) as client:
    futures = [client.get_training_run(str(number)) for number in range(20)]
    print({future.result(20).base_model for future in futures})
    error = client.with_options(timeout=0.5).get_training_run("never").exception(20)
    print(type(error).__name__)
"""
FREEZE = "import freezegun\nfreezegun.freeze_time('2020-01-01').start()\n"
BESIDE = {
    "gevent": f"import gevent.monkey\ngevent.monkey.patch_all()\n{USE}",
    "gevent, later": f"from tinker_rest import RestClient\nimport gevent.monkey\ngevent.monkey.patch_all()\n{USE}",
    "eventlet": "import warnings\nwarnings.simplefilter('ignore')\n"
    f"import eventlet\neventlet.monkey_patch()\n{USE}",
    "freezegun": FREEZE + USE,
    "freezegun, later": "from tinker_rest import RestClient, types\n" + FREEZE + USE,
}


@pytest.mark.parametrize("name", list(BESIDE))
def test_calls_end(server: RecordingServer, name: str) -> None:
    pytest.importorskip(name.partition(",")[0])

    def answer(request: RecordedRequest) -> Any:
        return never_answer if "never" in request.target else smallest_answer(request)

    server.answer = answer
    command = [sys.executable, "-c", BESIDE[name], server.base_url, KEY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("{'b'}\nAPITimeoutError\n", 0), done.stderr
