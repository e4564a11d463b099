"""The official SDK's reference: its signatures, and its examples run verbatim against the sandbox.

`restclient_reference.txt` is the reference as published, a page whose code blocks have lost their fences and
their indentation. What is code is found again by its form, see `code_lines`.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinker_rest import RestClient
from tinker_rest_sandbox import Sandbox

REFERENCE = Path(__file__).with_name("restclient_reference.txt").read_text(encoding="utf-8").splitlines()
# Counted by hand in the published page, example by example, comments included.
CODE_LINES = sum((7, 3, 3, 6, 7, 5, 3, 3, 3, 9, 4, 5, 8))
SIGNATURE = re.compile(r"([a-z_]+)\((.*)\)")
ASYNC_VARIANT = re.compile(r"Async variant: ([a-z_]+)\(\)")
BLOCK = re.compile(r"(for|if|elif) .*:")


def is_code(line: str) -> bool:
    """Whether a line is a comment, a block's head, an assignment, or a call of print or of a method.

    The signatures of the reference are calls too, but of a plain name: `get_sampler(sampler_id)`.
    """
    if line.startswith("# ") or BLOCK.fullmatch(line):
        return True
    try:
        (statement,) = ast.parse(line).body
    except (SyntaxError, ValueError):
        return False
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = statement.value.func
        return isinstance(called, ast.Attribute) or (isinstance(called, ast.Name) and called.id == "print")
    return isinstance(statement, ast.Assign)


def code_lines(lines: list[str]) -> Iterator[str]:
    """The code of the reference, indented again.

    Every block of the reference has one statement, which may be a block itself: so what follows a head is one
    step deeper, what follows a plain statement is not in any block, and `elif` is as deep as the last `if`.
    """
    depth = depth_of_if = 0
    for line in lines:
        if not is_code(line):
            depth = 0
            continue
        if line.startswith("elif "):
            depth = depth_of_if
        yield "    " * depth + line
        if BLOCK.fullmatch(line):
            depth_of_if = depth if line.startswith("if ") else depth_of_if
            depth += 1
        elif not line.startswith("#"):
            depth = 0


def test_no_code_line_is_skipped() -> None:
    code = list(code_lines(REFERENCE))
    assert len(code) == CODE_LINES
    prose = [line for line in REFERENCE if not is_code(line)]
    assert len(prose) + len(code) == len(REFERENCE)
    mentions_code = re.compile(r"rest_client\.\w|service_client =|print\(|= |await \w+\.|^(for|if|elif|while) ")
    assert [line for line in prose if mentions_code.search(line)] == []


# What the examples print, line by line, in the seeded sandbox. `50 * ` stands before a line that comes 50 times.
PRINTED = r"""Training Run: run-id, LoRA: True
Found 4 checkpoints
 sampler: sampler_weights/0001
 training: checkpoint-123
 training: weights/checkpoint-001
 training: weights/0001
Training Run ID: run-id, Base: Qwen/Qwen3-8B
Training Run ID: run-id, Base: Qwen/Qwen3-8B
Found \d+ training runs
Total: \d+
Sampler checkpoint: sampler_weights/0001
Training checkpoint: checkpoint-123
Training checkpoint: weights/checkpoint-001
Training checkpoint: weights/0001
Download URL: http://127\.0\.0\.1:\d+/\S+\?\S+
Expires at: 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\+00:00
Checkpoint published successfully
Checkpoint unpublished successfully
Checkpoint TTL set successfully
Found 50 checkpoints
Total: \d{3}
50 *  [0-9a-z-]+(:train:\d+)?/((sampler_|external_)?weights/)?[\w-]+
Training runs: 2
Samplers: 2
Found \d+ sessions
Base model: Qwen/Qwen3-8B
Model path: tinker://run-id/sampler_weights/0001
Base model: Qwen/Qwen3-8B
"""


def test_the_examples_run_verbatim(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = "from tinker_rest import ServiceClient\nservice_client = ServiceClient()\n"
    source = before + "\n".join(code_lines(REFERENCE))
    program = compile(source, "restclient_reference.txt", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, object] = {}
    monkeypatch.setenv("TINKER_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("TINKER_API_KEY", sandbox.api_key)
    try:
        asyncio.run(eval(program, names))
        run_id = names["checkpoints"].checkpoints[0].training_run_id  # type: ignore[attr-defined]
    finally:
        names["service_client"].close()  # type: ignore[attr-defined]
    assert run_id == "run-id"
    expected = [one for line in PRINTED.splitlines() for one in _repeated(line)]
    printed = capsys.readouterr().out.splitlines()
    assert [line for line, pattern in zip(printed, expected, strict=True) if not re.fullmatch(pattern, line)] == []


def _repeated(pattern: str) -> list[str]:
    times, sign, repeated = pattern.partition(" * ")
    return [repeated] * int(times) if sign else [pattern]


def published_signatures() -> Iterator[tuple[str, str]]:
    """Each method's name and arguments: the lines `name(arguments)`, which are calls of plain names."""
    for line in REFERENCE:
        match = SIGNATURE.fullmatch(line)
        if match and not is_code(line):
            yield match[1], match[2]


SIGNATURES = list(published_signatures())
ASYNC_VARIANTS = [match[1] for line in REFERENCE if (match := ASYNC_VARIANT.fullmatch(line))]


def test_all_signatures_are_found() -> None:
    assert len(SIGNATURES) == 16
    assert len(ASYNC_VARIANTS) == 15
    assert {f"{name}_async" for name, _ in SIGNATURES} - set(ASYNC_VARIANTS) == {
        "get_weights_info_by_tinker_path_async"  # the reference has none
    }
    key_methods = {match[1] for line in REFERENCE if (match := re.match(r"- ([a-z_]+)\(\) - ", line))}
    assert len(key_methods) == 8
    assert key_methods <= {name for name, _ in SIGNATURES}


@pytest.mark.parametrize(("name", "arguments"), SIGNATURES, ids=[name for name, _ in SIGNATURES])
def test_each_method_has_the_published_parameters(name: str, arguments: str) -> None:
    published = inspect.signature(eval(f"lambda self, {arguments}: None"))
    ours = parameters_of(getattr(RestClient, name))
    assert ours[: len(published.parameters)] == [
        (parameter.name, parameter.kind, parameter.default) for parameter in published.parameters.values()
    ]
    # What newer versions of the SDK added can be left out.
    assert all(default is not inspect.Parameter.empty for *_, default in ours[len(published.parameters) :])


@pytest.mark.parametrize("name", ASYNC_VARIANTS)
def test_each_async_variant_is_a_coroutine_function_of_the_same_parameters(name: str) -> None:
    variant = getattr(RestClient, name)
    assert inspect.iscoroutinefunction(variant)
    assert parameters_of(variant) == parameters_of(getattr(RestClient, name.removesuffix("_async")))


def test_the_client_takes_a_holder_first() -> None:
    assert "class tinker.RestClient(holder)" in REFERENCE
    assert parameters_of(RestClient)[0][:2] == ("holder", inspect.Parameter.POSITIONAL_OR_KEYWORD)


def parameters_of(function: object) -> list[tuple[str, object, object]]:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]
