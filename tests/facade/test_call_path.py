"""The path of a call: each station of CONTRIBUTING's drawing is passed, in its order, and nothing else sends."""

from __future__ import annotations

import json
import subprocess
import sys

from tinker_rest_sandbox import Sandbox

# In a process of its own, since only threads that start after `threading.setprofile` are profiled.
TRACED = """
import json, os, sys, threading
import tinker_rest, tinker_rest_api, httpx
from tinker_rest import RestClient

packages = tinker_rest, tinker_rest_api, httpx
roots = [os.path.dirname(os.path.dirname(package.__file__)) + os.sep for package in packages]
entered = []

def note(frame, event, argument):
    if event == "call":
        code = frame.f_code
        for root in roots:
            if code.co_filename.startswith(root):
                entered.append((code.co_filename.removeprefix(root), code.co_name))
                return

threading.setprofile(note)
with RestClient() as client:
    client.get_training_run("run-id").result()  # loads what is loaded when it is first used
    entered.clear()
    sys.setprofile(note)
    future = client.get_training_run("run-id")
    sys.setprofile(None)
    future.result()
print(json.dumps(entered))
"""
STATIONS = [
    ("tinker_rest/_methods/training_runs.py", "get_training_run"),
    ("tinker_rest/_base.py", "_submit"),
    ("tinker_rest/_call.py", "start"),
    ("tinker_rest_api/api/training_runs/get_training_run.py", "sync_detailed"),
    ("tinker_rest/_call.py", "request"),
    ("tinker_rest/_transport.py", "send"),
    ("httpx/_transports/default.py", "handle_request"),
    ("tinker_rest/_call.py", "_judge"),
    ("tinker_rest_api/api/training_runs/get_training_run.py", "_parse_response"),
    ("tinker_rest/futures.py", "_end"),
]


def test_a_call_passes_its_stations(sandbox: Sandbox) -> None:
    variables = {"TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    done = subprocess.run(
        [sys.executable, "-c", TRACED], env=variables, capture_output=True, text=True, check=True
    )
    entered = [tuple(one) for one in json.loads(done.stdout)]
    rest = iter(entered)
    missing = [station for station in STATIONS if station not in rest]
    assert missing == []
    assert sum(station == STATIONS[6] for station in entered) == 1
