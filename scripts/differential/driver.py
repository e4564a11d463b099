"""Makes a list of calls with one of the two packages, in its environment, and prints the outcomes.

python driver.py (tinker|tinker_rest) < the calls as JSON

Given a list of names instead, it prints what these are and what methods the clients have; given none, it takes
those that a program can import. Calls go to the server of TINKER_BASE_URL, which learns of each one before it is
made. Nothing else of the checkout is imported, so that both packages are met as a program meets them: by their
names.
"""

import asyncio
import builtins
import contextlib
import contextvars
import importlib
import inspect
import json
import os
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import httpx

# What rows may name: a request and a response as programs make them in tests of their own.
MADE: dict[str, Any] = {}
CLIENTS = ("RestClient", "AdminClient", "ServiceClient")
ERRORS = {"tinker": "_exceptions", "tinker_rest": "errors"}
HURRIED_WAIT = 0.005
HURRIES: contextvars.ContextVar[bool] = contextvars.ContextVar("hurries", default=False)


class Hurry:
    """Stands in for a module of the SDK's: in calls of ours its waits are short, and its clock jumps ahead.

    So the SDK's own rule when to give up, which takes five minutes or an hour, is followed to its end. Its
    heartbeats and other work in the background keep the real time.
    """

    skipped = 0.0

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    async def sleep(self, delay: float) -> None:
        if HURRIES.get() and delay > HURRIED_WAIT:
            Hurry.skipped += delay - HURRIED_WAIT
            delay = HURRIED_WAIT
        await self._module.sleep(delay)

    def time(self) -> float:
        return time.time() + Hurry.skipped

    def monotonic(self) -> float:
        return time.monotonic() + Hurry.skipped


def hurry_sdk() -> None:
    """Put stand-ins into the SDK's waits, between retries and while the server builds a file."""
    places = {
        "tinker._base_client": ("anyio",),
        "tinker.lib.internal_client_holder": ("asyncio", "time"),
        "tinker.lib.public_interfaces.rest_client": ("asyncio",),
        "tinker.resources.weights": ("asyncio",),
    }
    for place, names in places.items():
        module = importlib.import_module(place)
        for name in names:
            if hasattr(module, name):  # versions wait in different places
                setattr(module, name, Hurry(getattr(module, name)))


def class_of_client(package: Any, name: str) -> Any:
    """The class of a client, which 0.18 does not export."""
    found = getattr(package, name, None)
    if found is None and name == "RestClient":
        found = importlib.import_module(f"{package.__name__}.lib.public_interfaces.rest_client").RestClient
    return found


def make_client(package: Any, name: str) -> Any:
    """A client as programs create it: with a ServiceClient if the SDK exports no other way."""
    if hasattr(package, name):
        return getattr(package, name)()
    return package.ServiceClient().create_rest_client() if name == "RestClient" else None


def parameters_of(called: Any) -> list[list[str | None]]:
    """The name, kind and default of each parameter."""
    return [
        [one.name, one.kind.name, None if one.default is one.empty else repr(one.default)]
        for one in inspect.signature(called).parameters.values()
        if one.name != "self"
    ]


def methods_of(kind: Any) -> dict[str, Any]:
    """The public methods of a class, and what each takes."""
    described = {}
    for name in dir(kind):
        method = getattr(kind, name)
        if name.startswith("_") or not callable(method):
            continue
        described[name] = {
            "parameters": parameters_of(method),
            "is_coroutine": any(map(inspect.iscoroutinefunction, (method, inspect.unwrap(method)))),
        }
    return described


def plain(value: Any) -> Any:
    """A result attribute by attribute, as a program meets it: types by their names, times with their zones."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: plain(value[name]) for name in value}
    if isinstance(value, Exception):
        return exception_as_met(value)
    return {
        "type": type(value).__name__,
        "fields": {name: plain(getattr(value, name)) for name in value.model_dump()},
    }


def dumped(value: Any) -> Any:
    """A result as the model itself puts it into JSON."""
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else None


def exception_as_met(error: Exception) -> dict[str, Any]:
    """An exception that a program made, by its attributes and the classes that catch it."""
    met = {
        name: plain(getattr(error, name)) for name in ("message", "body", "status_code") if hasattr(error, name)
    }
    for name in ("request", "response"):
        if hasattr(error, name):
            met[name] = getattr(error, name) is MADE[name] or "another"
    args = [one for one in error.args if isinstance(one, str)]
    return {"type": type(error).__name__, "fields": {**met, "str": str(error), "args": args}}


def failure(error: Exception, raised_by: str) -> dict[str, Any]:
    """An exception by the classes that a program can name in an `except` line."""
    nameable = [
        kind.__name__
        for kind in type(error).__mro__
        if kind.__module__.partition(".")[0] in {"builtins", "tinker", "tinker_rest"}
        and kind not in {Exception, BaseException, object}
    ]
    facts: dict[str, Any] = {"caught_by": nameable, "raised_by": raised_by}
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        facts["status"] = status
    facts["message"] = str(error)
    facts["place"] = traceback.format_exception(error)[-2].strip().splitlines()[0]
    return facts


def outcome(call: Callable[[], Any], is_async: bool) -> dict[str, Any]:
    """What a call gave or raised, and whether at once or by its future."""
    raised_by = "call"
    try:
        made = call()
        raised_by = "result"
        value = asyncio.run(made) if is_async else made.result(120) if hasattr(made, "result") else made
        return {"result": plain(value), "json": dumped(value)}
    except Exception as error:  # whatever it is, it is compared
        return {"exception": failure(error, raised_by)}


def announce(name: str) -> None:
    with urllib.request.urlopen(f"{os.environ['TINKER_BASE_URL']}/case/{name}", timeout=30) as answer:
        answer.read()


def public_names(package: Any) -> list[str]:
    """What a program can import: the package's names, those of its types, and a module of these."""
    of_types = [
        name
        for name, one in vars(package.types).items()
        if name[0] != "_" and not inspect.ismodule(one) and type(one).__module__ != "__future__"
    ]
    return [*package.__all__, *(f"types.{name}" for name in sorted(of_types)), "types.checkpoint"]


def described(package: Any, name: str) -> dict[str, Any]:
    """What a public name is: how it is called, whose exceptions' handlers catch it, and what attributes it has."""
    value = package
    try:
        for part in name.split("."):
            value = getattr(value, part)
    except AttributeError as error:
        return {"missing": str(error)}
    if not isinstance(value, type):
        return {}
    known: dict[str, Any] = {}
    with contextlib.suppress(ValueError, TypeError):
        if not issubclass(value, (str, dict)):
            known["parameters"] = parameters_of(value)
    if issubclass(value, BaseException):
        known["caught_by"] = [kind.__name__ for kind in value.__mro__]
        annotated = {one for kind in value.__mro__ for one in getattr(kind, "__annotations__", {})}
        known["attributes"] = sorted(one for one in annotated if not one.startswith("_"))
    return known


def describe(package: Any, names: list[str]) -> dict[str, Any]:
    """The methods of the clients, public names, and the names of the exceptions that a program can import."""
    kinds = {name: class_of_client(package, name) for name in CLIENTS}
    places = [package, importlib.import_module(f"{package.__name__}.{ERRORS[package.__name__]}"), builtins]
    exported = [getattr(place, name) for place in places for name in dir(place) if not name.startswith("_")]
    errors = [one.__name__ for one in exported if isinstance(one, type) and issubclass(one, BaseException)]
    return {
        "methods": {name: methods_of(kind) for name, kind in kinds.items() if kind is not None},
        "exceptions": sorted(set(errors) - {"Exception", "BaseException"}),
        "names": {name: described(package, name) for name in names or public_names(package)},
    }


def make_calls(package: Any, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """The outcome of each call, by its ID. The clients are created before, and serve all of them."""
    announce("start-up")
    needed = {case["client"] for case in cases}
    clients = {name: make_client(package, name) for name in CLIENTS if name in needed}
    request = httpx.Request("GET", "https://host/path")
    MADE.update(request=request, response=httpx.Response(429, request=request, json={"detail": "slow"}))
    names = {
        "types": package.types, "date": date, "datetime": datetime, "UTC": UTC, "tinker": package, **MADE,
        "base_url": os.environ["TINKER_BASE_URL"], "api_key": os.environ["TINKER_API_KEY"],
    }  # fmt: skip
    outcomes = {}
    HURRIES.set(True)
    for case in cases:
        client: Any = clients.get(case["client"])
        if client is not None and not hasattr(client, case["method"]):
            outcomes[case["id"]] = {"exception": {"caught_by": ["no such method"]}}
            continue
        if case["is_impatient"] and hasattr(client, "with_options"):
            client = client.with_options(max_retries=0)
        announce(case["id"])
        line = case["call"] if client is None else f"client.{case['call']}"
        expression = compile(line, case["call"], "eval")
        bound = {**names, "client": client}
        outcomes[case["id"]] = outcome(partial(eval, expression, bound), case["is_async"])
    return outcomes


def main() -> None:
    package = importlib.import_module(sys.argv[1])
    asked = json.load(sys.stdin)
    if not asked or isinstance(asked[0], str):
        print(json.dumps(describe(package, asked)))
        return
    if package.__name__ == "tinker":
        hurry_sdk()
    print(json.dumps(make_calls(package, asked)))


if __name__ == "__main__":
    main()
