"""Says in what two runs of the same calls differ, place by place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ABSENT = "(nothing)"
LONGEST_VALUE = 160


@dataclass(frozen=True)
class Difference:
    """One difference between the SDK and us.

    Attributes:
        place: Where, such as `result.checkpoints[].public`; the numbers of a list's items are left out.
        sdk: What the SDK has there.
        ours: What we have there.
    """

    place: str
    sdk: object
    ours: object

    @property
    def is_only_ours(self) -> bool:
        """Whether we have it and the SDK does not, and the server sees nothing of it."""
        return self.sdk == ABSENT and not self.place.startswith(("request", "files"))

    def __str__(self) -> str:
        return f"{self.place}: SDK {_short(self.sdk)}, ours {_short(self.ours)}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def differences_of_values(sdk: Any, ours: Any, place: str) -> Iterator[Difference]:
    """Where two JSON values differ, the order of an object's fields included."""
    if isinstance(sdk, dict) and isinstance(ours, dict):
        names = {**sdk, **ours}
        for name in names:
            inner = f"{place}.{name}"
            if name in sdk and name in ours:
                yield from differences_of_values(sdk[name], ours[name], inner)
            else:
                yield Difference(inner, sdk.get(name, ABSENT), ours.get(name, ABSENT))
        shared = [[name for name in one if name in sdk and name in ours] for one in (sdk, ours)]
        if shared[0] != shared[1]:
            yield Difference(f"{place} (order)", shared[0], shared[1])
    elif isinstance(sdk, list) and isinstance(ours, list):
        if len(sdk) != len(ours):
            yield Difference(f"{place} (length)", len(sdk), len(ours))
        for one, other in zip(sdk, ours, strict=False):
            yield from differences_of_values(one, other, f"{place}[]")
    elif sdk != ours or type(sdk) is not type(ours):
        yield Difference(place, sdk, ours)


def differences_of_calls(
    sdk: dict[str, Any], ours: dict[str, Any], *, nameable: frozenset[str], counts_repetitions: bool
) -> list[Difference]:
    """Where two runs of one call differ: in requests, in the result, in the exception.

    Args:
        sdk: The SDK's `requests` and either its `result` or its `exception`.
        ours: Ours.
        nameable: The names of the exceptions that the SDK exports and programs can catch.
        counts_repetitions: Whether the same request must be sent as often.
    """
    found = list(_differences_of_requests(sdk["requests"], ours["requests"], counts_repetitions))
    if "exception" in sdk and "exception" in ours:
        found += _differences_of_exceptions(sdk["exception"], ours["exception"], nameable)
    elif "exception" in sdk or "exception" in ours:
        found.append(Difference("outcome", _outcome(sdk), _outcome(ours)))
    else:
        found += differences_of_values(sdk["result"], ours["result"], "result")
        found += differences_of_values(sdk.get("json"), ours.get("json"), "result.json")
    return _without_doubles(found)


def _outcome(call: dict[str, Any]) -> str:
    if "exception" in call:
        return f"{call['exception']['caught_by'][0]}: {call['exception'].get('message', '')}"
    return f"result {call['result']}"


def _differences_of_requests(
    sdk: list[dict[str, Any]], ours: list[dict[str, Any]], counts_repetitions: bool
) -> Iterator[Difference]:
    runs = [_runs_of_equals(requests) for requests in (sdk, ours)]
    if len(runs[0]) != len(runs[1]):
        yield Difference("requests", _lines(sdk), _lines(ours))
        return
    for (one, times), (other, other_times) in zip(*runs, strict=True):
        yield from differences_of_values(one, other, "request")
        if counts_repetitions and times != other_times:
            yield Difference("retries", times, other_times)
    keys = {request["idempotency key"] for request in ours}
    if len(keys) > len(runs[1]):
        yield Difference("idempotency key", "one for each call", "another one for a retry")


def _runs_of_equals(requests: list[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """The requests, each with the number of times that it was sent in a row."""
    runs: list[tuple[dict[str, Any], int]] = []
    for request in requests:
        seen = {name: value for name, value in request.items() if name != "idempotency key"}
        if runs and runs[-1][0] == seen:
            runs[-1] = (seen, runs[-1][1] + 1)
        else:
            runs.append((seen, 1))
    return runs


def _lines(requests: list[dict[str, Any]]) -> str:
    return "; ".join(f"{request['line']} x {times}" for request, times in _runs_of_equals(requests)) or "none"


def _differences_of_exceptions(
    sdk: dict[str, Any], ours: dict[str, Any], nameable: frozenset[str]
) -> Iterator[Difference]:
    """An `except` line of a program that was written for the SDK must catch ours if it caught the SDK's."""
    caught = [[name for name in one["caught_by"] if name in nameable] for one in (sdk, ours)]
    if set(caught[0]) - set(caught[1]) or set(caught[1]) - set(caught[0]) - {"TinkerError"}:
        yield Difference("exception", sdk["caught_by"][0], ours["caught_by"][0])
    for fact in ("status", "raised_by"):
        if fact in sdk and sdk[fact] != ours.get(fact):
            yield Difference(f"exception.{fact}", sdk[fact], ours.get(fact))


def _without_doubles(found: list[Difference]) -> list[Difference]:
    """The first difference of each place: what is wrong in one item of a list is wrong in all."""
    first: dict[str, Difference] = {}
    for one in found:
        first.setdefault(one.place, one)
    return list(first.values())


def differences_of_outputs(sdk: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    """The differences in the output of two runs of a command line, by field if it is JSON."""
    found = list(differences_of_values(sdk["exit code"], ours["exit code"], "exit code"))
    for stream in ("stdout", "stderr"):
        one, other = sdk[stream], ours[stream]
        if "json" in one and "json" in other:
            found += differences_of_values(one["json"], other["json"], stream)
        elif one != other:
            found += _differences_of_lines(one.get("text", ""), other.get("text", ""), stream)
    found += differences_of_values(sdk["files"], ours["files"], "files")
    found += _differences_of_requests(sdk["requests"], ours["requests"], counts_repetitions=True)
    return _without_doubles(found)


def differences_of_prints(sdk: Any, ours: Any) -> list[Difference]:
    """Where our own command lacks a name that the SDK's prints, or has another value there; it may print more."""
    return _without_doubles([*_differences_of_prints(sdk, ours, "stdout")])


def _differences_of_prints(sdk: Any, ours: Any, place: str) -> Iterator[Difference]:
    if isinstance(sdk, dict) and isinstance(ours, dict):
        for name, value in sdk.items():
            if name == "columns":  # of CSV: the names are places of the rows
                yield from differences_of_values(
                    value, [[one for one in ours[name][0] if one in value[0]]], f"{place}.columns"
                )
            elif name in ours:
                yield from _differences_of_prints(value, ours[name], f"{place}.{name}")
            else:
                yield Difference(f"{place}.{name}", value, ABSENT)
    elif isinstance(sdk, list) and isinstance(ours, list):
        if len(sdk) != len(ours):
            yield Difference(f"{place} (length)", len(sdk), len(ours))
        for one, other in zip(sdk, ours, strict=False):
            yield from _differences_of_prints(one, other, f"{place}[]")
    elif sdk != ours or type(sdk) is not type(ours):
        yield Difference(place, sdk, ours)


def _differences_of_lines(sdk: str, ours: str, place: str) -> Iterator[Difference]:
    lines, other_lines = sdk.splitlines(), ours.splitlines()
    if len(lines) != len(other_lines):
        yield Difference(f"{place} (lines)", sdk, ours)
        return
    for one, other in zip(lines, other_lines, strict=True):
        if one != other:
            label = re.match(r"\s*([\w ]+):", one)
            yield Difference(f"{place}, {label[1]}" if label else place, one, other)
