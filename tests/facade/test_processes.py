"""Clients in scripts, notebooks' kernels, forked children and workers, and at the end of the interpreter."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from tinker_rest import CredentialsError, RestClient, ServiceClient, _http

from .recording_server import (
    KEY,
    TRAINING_RUN,
    RecordingServer,
    client_of,
    in_turn,
    never_answer,
    reply,
    wait_until,
)

WITHOUT_FAST = "sys.modules['orjson'] = None"
WHILE_CALLS_ARE_IN_FLIGHT = "sys.stdin.readline()"
PREAMBLE = f"""
import asyncio, logging, os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if the tests run in the background
logging.getLogger("asyncio").setLevel(logging.ERROR)  # that a callback took long is the machine's affair
{WITHOUT_FAST if sys.modules.get("orjson", ...) is None else ""}
from tinker_rest import RestClient
base_url, key = sys.argv[1:]
client = RestClient(base_url=base_url, api_key=key)
"""


def start(server: RecordingServer, code: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", PREAMBLE + code, server.base_url, KEY]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def run(server: RecordingServer, code: str, requests: int = 0) -> str:
    """Run a script to its end in Python's development mode, where anything left open is an error.

    A script that waits for `WHILE_CALLS_ARE_IN_FLIGHT` goes on once so many requests have come.
    """
    with start(server, code) as process:
        wait_until(lambda: len(server.requests) >= requests, 30)
        output, errors = process.communicate(timeout=60)
    assert errors == ""
    assert process.returncode == 0
    return output


@pytest.mark.core_install
def test_a_script_without_close(server: RecordingServer) -> None:
    assert run(server, "print(client.get_training_run('r').result().base_model)") == "b\n"
    wait_until(lambda: not server.open_now)


@pytest.mark.parametrize("wait", ["", WHILE_CALLS_ARE_IN_FLIGHT])
@pytest.mark.parametrize("close", ["", "client.close()"])
def test_the_interpreter_exits_with_calls_in_flight(server: RecordingServer, wait: str, close: str) -> None:
    server.answer = lambda _: never_answer
    code = f"""
futures = [client.get_training_run(str(number)) for number in range(20)]
{wait}
{close}
print("end")
"""
    assert run(server, code, requests=20 if wait else 0) == "end\n"
    wait_until(lambda: not server.open_now)
    assert server.abandoned == 20 or not wait


def test_a_client_that_nobody_keeps_still_carries_out_its_calls(server: RecordingServer) -> None:
    code = """
import gc
def begin():
    return RestClient(base_url=base_url, api_key=key).get_training_run("r")
future = begin()
gc.collect()
print(future.result().base_model)
"""
    server.answer = in_turn([reply(503, Retry_After="0.2"), reply(body=TRAINING_RUN)])
    assert run(server, code) == "b\n"
    wait_until(lambda: not server.open_now)


def test_the_interpreter_exits_while_other_threads_wait(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    code = f"""
def wait():
    try:
        client.get_training_run("r").result()
    except BaseException as error:
        os.write(1, type(error).__name__.encode() + b"\\n")

thread = threading.Thread(target=wait, daemon=True)
thread.start()
{WHILE_CALLS_ARE_IN_FLIGHT}
"""
    assert run(server, code, requests=1) in ("CancelledError\n", "")


def test_the_interpreter_exits_from_a_coroutine(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    code = """
async def main():
    task = asyncio.ensure_future(client.get_training_run_async("r"))
    await asyncio.sleep(0.2)
    print("end")
asyncio.run(main())
"""
    assert run(server, code) == "end\n"


@pytest.mark.parametrize(
    "waiting", ["client.get_training_run('r').result()", "asyncio.run(client.get_training_run_async('r'))"]
)
def test_ctrl_c_ends_the_wait(server: RecordingServer, waiting: str) -> None:
    server.answer = lambda _: never_answer
    with start(server, waiting) as process:
        wait_until(lambda: server.requests)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert KEY not in errors
    wait_until(lambda: not server.open_now)


def test_calls_at_the_very_end_are_refused(server: RecordingServer) -> None:
    code = """
import atexit, tinker_rest._workers
client.get_training_run("r").result()
def late():
    try:
        client.get_training_run("late")
    except RuntimeError as error:
        print(error)
atexit.unregister(tinker_rest._workers.stop_at_exit)
atexit.register(late)
atexit.register(tinker_rest._workers.stop_at_exit)  # what was registered last runs first
"""
    assert "the interpreter is exiting" in run(server, code)
    assert len(server.requests) == 1


def test_threads_that_go_on_after_the_main_thread(server: RecordingServer) -> None:
    code = """
def work():
    threading.main_thread().join()
    for number in range(3):  # each dials anew, by name
        with RestClient(base_url=base_url.replace("127.0.0.1", "localhost"), api_key=key) as other:
            print(other.get_training_run(str(number)).result().base_model)
client.get_training_run("r").result()
threading.Thread(target=work).start()
"""
    assert run(server, code) == "b\nb\nb\n"


def test_a_first_call_after_the_main_thread_works_or_says_why_not(server: RecordingServer) -> None:
    code = """
def work():
    threading.main_thread().join()
    try:
        print(client.get_training_run("r").result().base_model)
    except RuntimeError as error:
        print(error)
threading.Thread(target=work).start()
"""
    # Some versions of Python start no thread any more by then.
    assert run(server, code) in ("b\n", "the interpreter is exiting; no new call can be made\n")


def test_where_no_thread_can_be_started_calls_run_in_that_of_the_caller(server: RecordingServer) -> None:
    server.answer = in_turn([reply(503, Retry_After="0.1"), reply(body=TRAINING_RUN), reply(204)])
    code = """
def fail(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = fail
future = client.get_training_run("r")
print(future.done(), future.result().base_model)
print(client.delete_checkpoint("r", "weights/1").result())
"""
    assert run(server, code) == "True b\nNone\n"
    assert len(server.requests) == 3


FORK = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks of processes with threads

def in_child(work):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            said = work()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writer, str(said).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_makes_calls_of_its_own(server: RecordingServer) -> None:
    code = f"""{FORK}
client.get_training_run("before").result()
print(in_child(lambda: client.get_training_run("child").result().base_model))
print(in_child(lambda: asyncio.run(client.get_training_run_async("child")).base_model))
print(in_child(lambda: [client.close(), client.close()]))
print(in_child(lambda: in_child(lambda: client.get_training_run("grandchild").result().base_model)))
print(client.get_training_run("after").result().base_model)
"""
    assert run(server, code).splitlines() == ["b", "b", "[None, None]", "b", "b"]
    runs = [line.rpartition("/")[2].partition("?")[0] for line in server.lines]
    assert runs == ["before", "child", "child", "grandchild", "after"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_is_told_that_a_call_of_its_parent_does_not_end_there(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    code = f"""{FORK}
future = client.get_training_run("r")
{WHILE_CALLS_ARE_IN_FLIGHT}
print(in_child(future.result))
def leave_a_block():
    with client.with_options(timeout=9), client:
        return "left"
print(in_child(leave_a_block))
print(in_child(lambda: asyncio.run(future.coroutine())))
client.close()
"""
    lines = run(server, code, requests=1).splitlines()
    assert lines.pop(1) == "left"
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(
            "RuntimeError: this call will not end here: it started before the process was forke"
        )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_pool_of_forked_workers(server: RecordingServer) -> None:
    code = f"""{FORK}
import multiprocessing
def work(number):
    return client.get_training_run(str(number)).result().base_model
client.get_training_run("before").result()
with multiprocessing.get_context("fork").Pool(3) as pool:
    print(pool.map(work, range(9)))
    pool.close()
    pool.join()
"""
    assert run(server, code) == f"{['b'] * 9}\n"
    assert len(server.requests) == 10


@pytest.mark.core_install
def test_the_fast_extra_is_used_where_it_is_installed(
    server: RecordingServer, request: pytest.FixtureRequest
) -> None:
    is_there = not request.config.getoption("--without-fast")
    with client_of(server) as client:
        client.get_training_run("r").result(10)
    assert (_http.parse_json.__module__ == "orjson") is is_there


def base_model_of(client: RestClient) -> str:
    return client.get_training_run("r").result(30).base_model


@pytest.mark.parametrize("service", [False, True])
def test_a_client_is_pickled_to_a_worker(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, service: bool
) -> None:
    monkeypatch.setenv("TINKER_API_KEY", KEY)
    made = ServiceClient if service else RestClient
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        made(base_url=server.base_url) as owner,
    ):
        client = owner.create_rest_client() if isinstance(owner, ServiceClient) else owner
        assert base_model_of(client) == "b"
        assert pool.submit(base_model_of, client).result(60) == "b"
    assert {request.header("X-API-Key") for request in server.requests} == {KEY}
    assert len(server.requests) == 2


def test_the_key_is_in_no_pickle(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_of(server) as client:
        assert KEY.encode() not in pickle.dumps(client)
        with pytest.raises(CredentialsError, match="TINKER_API_KEY"):
            pickle.loads(pickle.dumps(client))
        monkeypatch.setenv("TINKER_API_KEY", "tml-of-the-worker")
        with pickle.loads(pickle.dumps(client)) as again:
            assert base_model_of(again) == "b"
    assert [request.header("X-API-Key") for request in server.requests] == ["tml-of-the-worker"]


def test_options_are_in_a_pickle(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINKER_API_KEY", KEY)
    with client_of(server, timeout=7.0, max_retries=0) as client, pickle.loads(pickle.dumps(client)) as again:
        assert again._options == client._options
        assert base_model_of(again) == "b"


def test_headers_that_may_be_secret_are_in_no_pickle(server: RecordingServer) -> None:
    with (
        client_of(server, default_headers={"Authorization": "Bearer abc"}) as client,
        pytest.raises(pickle.PicklingError, match="default_headers, which may contain secrets") as caught,
    ):
        pickle.dumps(client)
    assert "abc" not in str(caught.value)


def test_copies_share_connections(server: RecordingServer) -> None:
    with client_of(server) as client:
        of_holder = RestClient(copy.copy(client.holder))
        for made in (copy.copy(client), copy.deepcopy(client), client.with_options(timeout=5), of_holder):
            assert base_model_of(made) == "b"
    assert server.connections == 1
