"""What users import, and that it says of itself what is so."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from checkout import Json

import tinker_rest
from tinker_rest import AdminClient, RestClient, ServiceClient, errors, types
from tinker_rest import _arguments as arguments
from tinker_rest._base import ClientOptions
from tinker_rest._methods.administration import DeprecatedAdministration
from tinker_rest.futures import APIFuture

from .described_calls import DESCRIPTION, resolve


def operations() -> Iterator[tuple[str, Json]]:
    for path in DESCRIPTION["paths"].values():
        for operation in path.values():
            yield operation["operationId"], operation


OPERATIONS = dict(operations())
# Clients call these by themselves, where the server wants a token.
OF_AUTHENTICATION = {name for name, operation in OPERATIONS.items() if operation["tags"] == ["authentication"]}


def methods_of(client: type) -> Json:
    return {
        name: method
        for name, method in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_") and name not in ("close", "with_options")
    }


DEPRECATED = {name for name in vars(DeprecatedAdministration) if not name.startswith("_")}
METHODS = {
    **{name: method for name, method in methods_of(RestClient).items() if name not in DEPRECATED},
    **methods_of(AdminClient),
}
ITERATORS = {name for name in METHODS if name.startswith("iter_")}
SYNC = {name: method for name, method in METHODS.items() if not name.endswith("_async")}
CALLS = SYNC.keys() - ITERATORS


def test_exports_are_what_all_says() -> None:
    assert len(set(tinker_rest.__all__)) == len(tinker_rest.__all__)  # ruff sees to their order
    for name in tinker_rest.__all__:
        assert getattr(tinker_rest, name) is not None
        assert name in dir(tinker_rest)
    for name in types.__all__:
        assert inspect.getdoc(getattr(types, name))
    public = {name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, Exception)}
    assert {name for name in public if not name.startswith("_")} <= set(tinker_rest.__all__)
    with pytest.raises(AttributeError, match=r"no attribute 'TrainingClient'.*official SDK"):
        _ = tinker_rest.TrainingClient  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"no attribute 'Timeout'; give seconds as timeout="):
        _ = tinker_rest.Timeout  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"no attribute 'RestClint'$"):
        _ = tinker_rest.RestClint  # type: ignore[attr-defined]


FIXED = (types.Model, types.UnknownVariant, types.ParsedCheckpointTinkerPath)  # get no fields from the description
MODELS = [
    one for one in map(vars(types).get, types.__all__) if inspect.isclass(one) and issubclass(one, types.Model)
]


@pytest.mark.parametrize("model", [one for one in MODELS if one not in FIXED])
def test_models_take_keywords_only(model: Any) -> None:
    """So that a field in the middle of a schema moves no other."""
    given = inspect.signature(model).parameters.values()
    assert {one.kind for one in given} <= {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("client", [RestClient, AdminClient, ServiceClient])
def test_annotations_can_be_evaluated(client: type) -> None:
    """As frameworks do that call a program's functions by their types."""
    for name, method in inspect.getmembers(client, inspect.isfunction):
        if not name.startswith("_"):
            hints = typing.get_type_hints(method)
            assert "return" in hints, name
    returned = typing.get_type_hints(RestClient.get_training_run)["return"]
    assert typing.get_args(returned) == (types.TrainingRun,)
    assert typing.get_type_hints(RestClient.get_training_run_async)["return"] is types.TrainingRun
    for one in (tinker_rest.Paginator, tinker_rest.CheckpointSelection, tinker_rest.BulkResult, APIFuture):
        for name, method in inspect.getmembers(one, inspect.isfunction):
            assert name.startswith("_") or typing.get_type_hints(method) is not None, name


@pytest.mark.core_install
def test_importing_loads_nothing_that_is_not_used() -> None:
    code = "import sys, tinker_rest; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for name in ("httpx", "attrs", "asyncio", "starlette", "dateutil", "tinker_rest_api"):
        assert f"'{name}'" not in loaded
    code = "import sys; from tinker_rest import RestClient; print(sorted({'httpx', 'asyncio'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert loaded == "[]\n"  # they are loaded when the first client is made


def test_no_type_of_httpx_is_public() -> None:
    """The generator's next HTTP library shall break no user."""
    public: list[Any] = [getattr(tinker_rest, name) for name in tinker_rest.__all__]
    public += [getattr(types, name) for name in types.__all__]
    for one in public:
        members = [one, *(member for _, member in inspect.getmembers(one, inspect.isfunction))]
        for member in members:
            if callable(member) and not inspect.ismodule(member):
                shown = f"{inspect.get_annotations(member)}"
                assert "httpx" not in shown, member
    for name, error in vars(errors).items():
        if inspect.isclass(error):
            assert not [base for base in error.__mro__ if base.__module__.startswith("httpx")], name


@pytest.mark.parametrize("name", list(SYNC))
def test_docstrings_say_what_matters(name: str) -> None:
    method = SYNC[name]
    text = inspect.getdoc(method) or ""
    called = re.findall(r"`([a-z_]+)`", re.split(r"\bCalls\s", text)[-1].partition(".")[0])
    assert called, "the docstring must name the operation that is called"
    for one in called:
        assert one in OPERATIONS or one in SYNC, one
    for parameter in list(inspect.signature(method).parameters)[1:]:
        assert f"{parameter}: " in text, parameter
    if "ttl_seconds" in inspect.signature(method).parameters:
        assert "seconds" in text


@pytest.mark.parametrize("name", sorted(CALLS))
def test_each_method_returns_a_future_and_has_an_async_variant(name: str) -> None:
    returned = inspect.signature(SYNC[name]).return_annotation
    assert str(returned).startswith(APIFuture.__name__)
    variant = METHODS[f"{name}_async"]
    assert name in (inspect.getdoc(variant) or "")
    assert variant.__name__ == f"{name}_async"
    assert variant.__qualname__ == f"{SYNC[name].__qualname__}_async"
    assert f"APIFuture[{inspect.signature(variant).return_annotation}]" == returned


@pytest.mark.parametrize("name", [name for name in SYNC if name in OPERATIONS])
def test_defaults_are_those_of_the_description(name: str) -> None:
    arguments = inspect.signature(SYNC[name]).parameters
    given = {
        one.name: one.default
        for one in arguments.values()
        if one.default is not inspect.Parameter.empty
        and one.name != "timeout"  # how long to wait for a build is the client's business
    }
    described = optional_values(OPERATIONS[name], arguments.keys())
    for one, default in described.items():
        assert one in given, f"{name} lacks the argument {one}; `scripts/scaffold {name}` prints it"
        assert given[one] == default, (
            f"{name}: the default of {one} is {given[one]!r}, in openapi.yaml {default!r}"
        )
    assert {given[one] for one in given.keys() - described.keys()} <= {None}  # by itself, it sends nothing


def optional_values(operation: Json, arguments: Collection[str]) -> Json:
    """What a request may leave out, with its default: in the query, and in a body whose fields are arguments."""
    parameters = map(resolve, operation.get("parameters", []))
    found = {one["name"]: one["schema"] for one in parameters if one["in"] == "query" and not one["required"]}
    body = resolve(operation.get("requestBody", {"content": {"application/json": {"schema": {}}}}))
    schema = resolve(body["content"]["application/json"]["schema"])
    fields = schema.get("properties", {})
    if fields.keys() & set(arguments):
        found |= {one: fields[one] for one in fields.keys() - set(schema.get("required", []))}
    return {one: resolve(schema).get("default") for one, schema in found.items()}


def test_bounds_are_those_of_the_description() -> None:
    ttl = DESCRIPTION["components"]["schemas"]["SetCheckpointTtlRequest"]["properties"]["ttl_seconds"]
    assert (ttl["minimum"], ttl["maximum"]) == (arguments.MIN_TTL, arguments.MAX_TTL)
    schemas = DESCRIPTION["components"]["schemas"]
    assert schemas["SessionSearchRequest"]["properties"]["limit"]["maximum"] == arguments.MAX_SEARCH_LIMIT


def test_every_operation_has_a_method_and_the_other_way_round() -> None:
    named = {name.removesuffix("_by_bare_id") for name in OPERATIONS} - OF_AUTHENTICATION
    for name in sorted(named - SYNC.keys()):
        (tag,) = OPERATIONS[name]["tags"]
        module = f"the module of wrapper/tinker_rest/_methods/ for {tag}"
        written = f"write it, and its {name}_async, in {module}; `scripts/scaffold {name}` prints both"
        pytest.fail(f"{name} has no method: {written}", pytrace=False)
    by_path = {name for name in SYNC if name.endswith("_tinker_path")} - named
    of_many = {
        "select_checkpoints",
        *(name for name in CALLS if name.endswith(("_checkpoints", "_checkpoints_ttl"))),
    }
    of_more = {"whoami", "latest_checkpoint", "download_checkpoint", "upload_external_weights"}
    assert CALLS - named == by_path | of_many - named | of_more


def test_iterators_take_what_the_listings_take() -> None:
    lists = {"iter_training_runs", "iter_user_checkpoints", "iter_sessions"}
    assert lists | {"iter_session_search", "iter_checkpoint_search"} == ITERATORS
    for name in ITERATORS:
        taken = inspect.signature(SYNC[name])
        assert str(taken.return_annotation).startswith("pagination.Paginator[")
        searched = name.removeprefix("iter_").removesuffix("_search")
        listing = SYNC[f"search_{searched}s" if "search" in name else name.replace("iter_", "list_")]
        of_listing = set(inspect.signature(listing).parameters) - {"limit", "offset"}
        missing = of_listing - set(taken.parameters)
        assert not missing, f"{name} lacks arguments of {listing.__name__}: {sorted(missing)}"
        assert set(taken.parameters) == of_listing | {"page_size", "max_items"}


def test_what_administrators_use_is_deprecated_on_the_other_client() -> None:
    assert methods_of(AdminClient).keys() >= DEPRECATED  # a newer one is on AdminClient alone
    for name in DEPRECATED:
        assert getattr(RestClient, name).__deprecated__
        assert parameters(getattr(RestClient, name)) == parameters(getattr(AdminClient, name))
        assert f"`AdminClient.{name.removesuffix('_async')}`" in (inspect.getdoc(getattr(RestClient, name)) or "")


def parameters(method: Any) -> list[tuple[str, object, object]]:
    return [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]


def test_both_clients_take_the_same_options() -> None:
    of_rest = dict(inspect.signature(RestClient).parameters)
    del of_rest["holder"]
    assert set(typing.get_type_hints(ClientOptions)) == set(of_rest)  # which ServiceClient takes
    assert parameters(AdminClient) == parameters(RestClient)
    changeable = set(inspect.signature(RestClient.with_options).parameters) - {"self"}
    assert changeable == set(of_rest) - {"base_url", "api_key", "default_headers", "transport"}
    for option in of_rest:
        assert f"{option}: " in (inspect.getdoc(RestClient) or ""), option
