"""openapi.yaml works in Prism, a mock server and validating proxy for any description."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from checkout import ROOT, SPEC
from facade.described_calls import example_answer
from facade.test_wire import WIRE, is_of_administrators
from sandbox.example_requests import as_shown, example_request, sandbox_of_the_moment
from sandbox.test_examples import EXAMPLES, asked

from tinker_rest import AdminClient, RestClient
from tinker_rest.types import CheckpointSearchRequest, SessionSearchRequest
from tinker_rest_sandbox import Sandbox

sys.path.append(str(ROOT / "scripts"))  # it is no part of the package
from spec_lint import linters

pytestmark = [
    pytest.mark.scripts(
        "tests/spec",
        "scripts/spec_lint",
        "openapi.yaml",
        "wrapper/tinker_rest/_methods",
        "wrapper/tinker_rest_sandbox",
    ),
    pytest.mark.long,
    pytest.mark.skipif(
        not linters.can_be_installed() and not os.environ.get("CI"), reason="there is no Node here; CI has it"
    ),
]

FEW = {"max_items": 1}  # a mock has no last page
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    *(row[:4] for row in WIRE),
    ("iter_training_runs", (), FEW, ""),
    ("iter_user_checkpoints", (), FEW, ""),
    ("iter_sessions", (), FEW, ""),
    ("iter_checkpoint_search", (CheckpointSearchRequest(),), FEW, ""),
    ("iter_session_search", (SessionSearchRequest(),), FEW, ""),
    ("latest_checkpoint", ("run-1",), {}, ""),
]
# Files are downloaded from another server, and uploaded to one; the mock is none.
ELSEWHERE = {"download_checkpoint", "upload_external_weights"}
# Prism follows the redirect itself, and answers with the archive.
REDIRECTED = {"get_checkpoint_archive_url", "get_checkpoint_archive_url_by_bare_id"}

VIOLATIONS = "sl-violations"  # the header that lists them


@contextmanager
def prism(folder: Path, command: str, *arguments: str | Path) -> Iterator[str]:
    """Run Prism, which answers anything that differs from the description with an error; yields its URL."""
    log = folder / f"{command}.log"
    words = [linters.installed() / "prism", command, "--errors", "--port", "0", *arguments]
    with log.open("w") as file, subprocess.Popen(words, stdout=file, stderr=file) as process:
        try:
            while not (found := re.search(r"is listening on (\S+)\s", log.read_text())):
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield found[1]
        finally:
            process.terminate()


class ThroughProxy:
    """A sandbox with the URL of a proxy in front of it."""

    def __init__(self, sandbox: Sandbox, address: str) -> None:
        self.base_url = address
        self._sandbox = sandbox

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)


def methods(client: type) -> set[str]:
    named = {name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_")}
    return {name.removesuffix("_async") for name in named} - {"close", "with_options"}


def test_every_method_gets_its_result_from_a_mock(tmp_path: Path) -> None:
    assert methods(RestClient) | methods(AdminClient) == {call[0] for call in CALLS} | ELSEWHERE
    with (
        prism(tmp_path, "mock", SPEC) as address,
        RestClient(base_url=address, api_key="tml-of-a-mock", max_retries=0) as client,
    ):
        for name, args, kwargs, line in CALLS:
            caller: Any = AdminClient(client.holder) if is_of_administrators(name) else client
            result = getattr(caller, name)(*args, **kwargs)
            if name.startswith("iter_"):
                assert len(list(result)) == 1, name
                continue
            result = result.result(20)
            (promised,) = get_args(inspect.get_annotations(getattr(caller, name), eval_str=True)["return"])
            assert isinstance(result, get_origin(promised) or promised or type(None)), name
            if line and hasattr(promised, "from_dict"):
                status, shown = example_answer(line.partition("?")[0]) or pytest.fail(name)
                assert (status, promised.from_dict(shown)) == (200, result), name


def test_a_validating_proxy_objects_to_nothing(tmp_path: Path) -> None:
    covered = set()
    with (
        sandbox_of_the_moment(archive_build_seconds=0) as sandbox,
        prism(tmp_path, "proxy", SPEC, sandbox.base_url) as address,
    ):
        through: Any = ThroughProxy(sandbox, address)
        for example in EXAMPLES:
            if example.status >= 300:
                continue
            sandbox.reset()
            _, answer = asked(through, example)
            assert answer.status_code == example.status, answer.text
            assert VIOLATIONS not in answer.headers
            if str(answer.url).startswith(address):
                covered.add(example.operation)
        assert {example.operation for example in EXAMPLES} - covered == REDIRECTED
        for status, body in ((200, {"sampler_id": "s", "base_model": 5}), (418, {"detail": "No tea."})):
            sandbox.faults.add(status=status, body=body)
            assert VIOLATIONS in as_shown(through, example_request("get_sampler")).headers
