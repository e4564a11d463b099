"""Says which methods of the SDK we lack, take other arguments in, or never compare."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from differential.names import listed

Methods = dict[str, dict[str, dict[str, Any]]]

# What the SDK's clients have besides operations, and why we have none.
NOT_OPERATIONS = {
    "get_telemetry": "there is no telemetry in our clients",
    "create_rest_client": "the rows of RestClient prove what it makes",
    "close": "it would end the rows that follow; tests/facade/test_service_client.py calls it",
}
# ServiceClient's methods for training and sampling, which are left to the SDK.
NOT_OURS = ("create_custom_loss", "create_lora_training", "create_sampling", "create_training")


def faults_of_methods(
    sdk: Methods, ours: Methods, called: Collection[tuple[str, str]]
) -> Iterator[tuple[str, list[str]]]:
    """The name of each method of the SDK, and what is wrong with ours.

    Args:
        sdk: The public methods of the SDK's clients, by client and name.
        ours: Those of our clients.
        called: The client and the name of each method that some row calls.
    """
    for client, methods in sdk.items():
        for name, method in methods.items():
            if name not in NOT_OPERATIONS and not name.startswith(NOT_OURS):
                faults = _faults(method, ours.get(client, {}).get(name))
                if (client, name) not in called:
                    faults.append("no row of cases.py calls it")
                yield f"{client}.{name}", faults


def only_in_ours(sdk: Methods, ours: Methods) -> Iterator[tuple[str, str]]:
    """The name of each method with what the SDK lacks: the whole method, or its arguments at the end."""
    for client, methods in ours.items():
        for name, method in methods.items():
            theirs = sdk.get(client, {}).get(name)
            further = method["parameters"][len(theirs["parameters"]) :] if theirs else method["parameters"]
            if further or not theirs:
                yield f"{client}.{name}", f"{'takes' if theirs else 'has it, with'} ({listed(further)})"


def _faults(sdk: dict[str, Any], ours: dict[str, Any] | None) -> list[str]:
    return ["there is no such method"] if ours is None else list(_faults_of_signature(sdk, ours))


def _faults_of_signature(sdk: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    """A call that the SDK's method takes must mean the same to ours, which may take more at its end."""
    theirs = sdk["parameters"]
    shared, further = ours["parameters"][: len(theirs)], ours["parameters"][len(theirs) :]
    if shared != theirs:
        yield f"takes ({listed(theirs)}), ours takes ({listed(ours['parameters'])})"
    if any(default is None and not kind.startswith("VAR_") for _, kind, default in further):
        yield f"ours needs more arguments: ({listed(ours['parameters'])})"
    if sdk["is_coroutine"] != ours["is_coroutine"]:
        yield f"one is a coroutine and one is not: SDK {sdk['is_coroutine']}, ours {ours['is_coroutine']}"
