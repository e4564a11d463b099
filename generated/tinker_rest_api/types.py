# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Types that the generated operations share."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, ParamSpec, Protocol, Self, TypeVar

from attrs import define, frozen

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Unset:
    """The type of UNSET. There is one instance, also after a copy or a pickle."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Unset = Unset()


@define
class Response(Generic[T]):
    """An answer of the server: its status, body and headers, and the body as a model."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T | None


class JsonResponse(Protocol):
    """What is read of a response: its body as parsed JSON."""

    def json(self) -> Any:
        """The parsed body."""


@frozen
class Operation(Generic[P, T_co]):
    """One operation of the API: how its request is built and how its success is read.

    It does no input or output of its own, so any HTTP client can carry the request.
    """

    operation_id: str
    success_status: frozenset[int]
    build_request: Callable[P, dict[str, Any]]
    read_success: Callable[[JsonResponse], T_co]


__all__ = [
    "UNSET",
    "JsonResponse",
    "Operation",
    "Response",
    "Unset",
]
