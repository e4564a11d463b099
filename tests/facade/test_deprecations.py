"""What the description deprecates is deprecated in Python too: each method warns, and says until when."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Iterator
from typing import Any

from checkout import Json, read_description, with_deprecated_sampler

from tinker_rest import AdminClient, RestClient
from tinker_rest._methods.administration import DeprecatedAdministration
from tinker_rest.futures import APIFuture, async_variant, deprecated
from tinker_rest.types import GetSamplerResponse
from tinker_rest_sandbox import Sandbox

from .described_calls import DESCRIPTION

LINE = "Deprecated since 2026-12-31, gone after 2027-12-31: use `get_session` instead."


def findings(document: Json, *clients: type) -> list[str]:
    """Operations and methods of which only one is deprecated, or whose deprecations differ."""
    operations = {
        one["operationId"]: one
        for path in document["paths"].values()
        for one in path.values()
        if "operationId" in one
    }
    return [
        line for client in clients for name in operations for line in _findings(client, name, operations[name])
    ]


def _findings(client: type, name: str, operation: Json) -> Iterator[str]:
    for method_name in (name, f"{name}_async"):
        method: Any = getattr(client, method_name, None)
        if method is None or method is vars(DeprecatedAdministration).get(method_name):
            continue
        said = getattr(method, "__deprecated__", None)
        if not operation.get("deprecated"):
            if said:
                yield f"{client.__name__}.{method_name}: the operation is not deprecated"
            continue
        line = operation["description"].partition("\n")[0]
        if said != line:
            yield f"{client.__name__}.{method_name}: write @deprecated({line!r}) above it"
        if method_name == name and line not in " ".join((inspect.getdoc(method) or "").split()):
            yield f"{client.__name__}.{method_name}: its docstring must hold {line!r}"


class Prepared(RestClient):
    @deprecated("Deprecated since 2026-12-31, gone after 2027-12-31: use `get_session` instead.")
    def get_sampler(self, sampler_id: str) -> APIFuture[GetSamplerResponse]:
        """Get a sampler.

        Deprecated since 2026-12-31, gone after 2027-12-31:
        use `get_session` instead.
        """
        return super().get_sampler(sampler_id)

    get_sampler_async = async_variant(get_sampler)


def test_methods_are_deprecated_where_their_operations_are() -> None:
    assert findings(DESCRIPTION, RestClient, AdminClient) == []


def test_each_method_that_is_not_is_named() -> None:
    document = read_description(with_deprecated_sampler())
    assert findings(document, AdminClient, Prepared) == []
    assert findings(document, RestClient) == [
        f"RestClient.get_sampler: write @deprecated({LINE!r}) above it",
        f"RestClient.get_sampler: its docstring must hold {LINE!r}",
        f"RestClient.get_sampler_async: write @deprecated({LINE!r}) above it",
    ]
    assert findings(DESCRIPTION, Prepared) == [
        "Prepared.get_sampler: the operation is not deprecated",
        "Prepared.get_sampler_async: the operation is not deprecated",
    ]


def test_both_forms_warn_once_where_they_are_called(sandbox: Sandbox) -> None:
    session = sandbox.client().list_sessions().result().sessions[0]
    sampler = sandbox.client().get_session(session).result().sampler_ids[0]

    async def ask() -> GetSamplerResponse:
        return await client.get_sampler_async(sampler)

    with Prepared(base_url=sandbox.base_url, api_key=sandbox.api_key) as client:
        for call in (lambda: client.get_sampler(sampler).result(), lambda: asyncio.run(ask())):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                assert call().sampler_id == sampler
            assert [(one.category, str(one.message), one.filename) for one in caught] == [
                (DeprecationWarning, LINE, __file__)
            ]
    assert inspect.iscoroutinefunction(Prepared.get_sampler_async)
    assert inspect.signature(Prepared.get_sampler_async).return_annotation == "GetSamplerResponse"
