"""Fault injection: which requests to a sandbox get a fault, and how often."""

import itertools
import math
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Concatenate, Literal, ParamSpec, TypeVar

from attrs import asdict, define, field, fields_dict, frozen
from pydantic import Field, WithJsonSchema

from tinker_rest_sandbox._fields import Json, NotNegative, Positive, Seconds, check, check_arguments, convertible
from tinker_rest_sandbox._requests import ReceivedRequest

P = ParamSpec("P")
R = TypeVar("R")
Host = Literal["api", "storage"]
When = Literal["before", "after"]

WITHOUT_BODY = frozenset({204, 304})
_PATTERN = re.compile(r"(?:(?:GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|\*) )?/[^ ]*|(?P<operation>[^/ ]+)")
# The server sets these from the body; for responses that end early, use `truncate` and `drop`.
_FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "connection"})


def _check_retry_after(value: object) -> None:
    if isinstance(value, str):
        is_valid = value.isascii() and value.isprintable()
    else:
        is_valid = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf
    if not is_valid:
        raise ValueError("This must be a number of seconds from 0 up, or an HTTP date")


def _check_match(match: object) -> None:
    if not callable(match) and not (isinstance(match, str) and _PATTERN.fullmatch(match)):
        raise ValueError("This must be an operation ID or like 'GET /api/v1/sessions*'")


StatusCode = Annotated[int, Field(ge=200, le=599)]
RetryAfter = Annotated[
    float | str, convertible(_check_retry_after), WithJsonSchema({"type": ["number", "string"], "minimum": 0})
]
HeaderName = Annotated[
    str,
    Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"),
    check(lambda name: name.lower() not in _FRAMING_HEADERS, "The server sets this header itself"),
]
HeaderValue = Annotated[
    str, check(lambda value: value.isascii() and value.isprintable(), "This must be one line of ASCII")
]
Match = Annotated[
    str | Callable[[ReceivedRequest], bool],
    convertible(_check_match),
    WithJsonSchema({"type": "string", "minLength": 1}),
]


@frozen(kw_only=True)
class FaultRule:
    """What goes wrong, for which requests and how often.

    Give at most one of `status`, `drop`, `truncate` and `malformed`; you can combine `delay` and
    `bytes_per_second` with each of them or use them alone.

    Attributes:
        status: Respond with this HTTP status. The description need not allow the response.
        retry_after: With `status`: the `Retry-After` header, in seconds or as an HTTP date.
        detail: With `status`: the `detail` of the response.
        body: With `status`: the whole body, as text or as a JSON value, instead of one with a `detail`.
        headers: With `status`: additional headers of the response.
        delay: How long the request waits first, in seconds.
        bytes_per_second: How fast the body is sent; None for no limit.
        drop: Reset the connection.
        when: With `status` or `drop`: whether the request is not carried out (`before`), or it is, and only its
            response is lost (`after`).
        truncate: Send only this many bytes of the body, fewer than `Content-Length`, then close the connection.
        malformed: Send a body that is not JSON (for a download: not the file).
        match: An operation ID, or a method and a pattern of the path such as `GET /api/v1/sessions*`, or, in
            Python, a function of the request. None, the default, for every request.
        host: Whether it applies to requests to the API or to the storage host.
        times: How many requests are hit; None for no limit.
        after: How many matching requests pass first.

    Raises:
        ValueError: A value is wrong, or values contradict each other.
    """

    status: StatusCode | None = None
    retry_after: RetryAfter | None = None
    detail: Json = None
    body: Json = None
    headers: Mapping[HeaderName, HeaderValue] | None = None
    delay: Seconds = 0
    bytes_per_second: Positive | None = None
    drop: bool = False
    when: When = "before"
    truncate: NotNegative | None = None
    malformed: bool = False
    match: Match | None = None
    host: Host = "api"
    times: Positive | None = 1
    after: NotNegative = 0

    def __attrs_post_init__(self) -> None:
        check_arguments(FaultRule, asdict(self, recurse=False))
        effects = [name for name in ("status", "drop", "truncate", "malformed") if self._is_given(name)]
        if len(effects) > 1:
            raise ValueError(f"A fault has one effect, not {' and '.join(effects)}.")
        if not effects and not self.delay and self.bytes_per_second is None:
            raise ValueError("A fault needs a status, delay, bytes_per_second, drop, truncate or malformed.")
        extras = [name for name in ("retry_after", "detail", "body", "headers") if self._is_given(name)]
        if extras and self.status is None:
            raise ValueError(f"{extras[0]} requires a status.")
        if self.status in WITHOUT_BODY and (self.body is not None or self.detail is not None):
            raise ValueError(f"A response with the status {self.status} has no body, and therefore no detail.")
        if self.body is not None and self.detail is not None:
            raise ValueError("A fault has a body or a detail, not both.")
        if self.when == "after" and not (self.drop or self.status):
            raise ValueError("when='after' requires drop or a status.")
        if self.host == "storage" and self.operation is not None:
            raise ValueError(f"The storage host has no operations such as {self.operation!r}; match a path.")

    @property
    def operation(self) -> str | None:
        """The operation that the rule is limited to, or None."""
        pattern = _PATTERN.fullmatch(self.match) if isinstance(self.match, str) else None
        return pattern["operation"] if pattern else None

    def _is_given(self, name: str) -> bool:
        return bool(getattr(self, name) != fields_dict(FaultRule)[name].default)

    def fits(self, host: Host, request: ReceivedRequest) -> bool:
        """Whether the rule applies to a request."""
        if host != self.host:
            return False
        if self.match is None:
            return True
        if not isinstance(self.match, str):
            return bool(self.match(request))
        if self.operation is not None:
            return request.operation_id == self.operation
        method, _, path = self.match.rpartition(" ")
        return method in {"", "*", request.method} and fnmatchcase(request.target.partition("?")[0], path)

    def as_json(self) -> dict[str, Any]:
        """The rule without defaults; a function becomes its name."""
        given = {name: value for name, value in asdict(self, recurse=False).items() if self._is_given(name)}
        if callable(self.match):
            given["match"] = f"<function {getattr(self.match, '__qualname__', 'match')}>"
        return given


@define(eq=False, repr=False)
class Fault:
    """A rule in use.

    Attributes:
        fault_id: Its ID, as in `ReceivedRequest.fault`.
        rule: What goes wrong, for which requests and how often.
        hits: How many requests it has hit.
        passed: How many matching requests it has let pass because of `after`.
    """

    fault_id: str
    rule: FaultRule
    hits: int = field(default=0, init=False)
    passed: int = field(default=0, init=False)

    @property
    def is_spent(self) -> bool:
        """Whether it has hit as often as `times` says."""
        return self.rule.times is not None and self.hits >= self.rule.times

    def as_json(self) -> dict[str, Any]:
        """The fault as JSON, with its counts."""
        counts = {"hits": self.hits, "passed": self.passed, "spent": self.is_spent}
        return {"fault_id": self.fault_id, **self.rule.as_json(), **counts}

    def __repr__(self) -> str:
        return f"<Fault {self.as_json()!r}>"


def _takes(_: Callable[P, object]) -> Callable[[Callable[..., R]], Callable[Concatenate[Any, P], R]]:
    """For type checkers: the method takes the arguments of a class."""
    return lambda method: method


class Faults(Collection[Fault]):
    """The faults of a sandbox, in the order of their addition. Any thread may use them.

    A request gets the first fault that it matches and that is neither spent nor lets it pass.
    """

    def __init__(self, operations: Callable[[], Collection[str]]) -> None:
        self._operations = operations
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    @_takes(FaultRule)
    def add(self, **values: Any) -> Fault:
        """Add a fault.

        Args:
            values: The attributes of a `FaultRule`, such as `status=503, times=2`.

        Returns:
            The fault; its `hits` counts the requests that it has hit.

        Raises:
            ValueError: A value is wrong, values contradict each other, or the operation does not exist.
            TypeError: `FaultRule` has no such attribute.
        """
        return self._install(FaultRule(**values))

    def remove(self, fault_id: str) -> None:
        """Remove a fault.

        Raises:
            ValueError: The fault does not exist.
        """
        with self._lock:
            remaining = [fault for fault in self._faults if fault.fault_id != fault_id]
            if len(remaining) == len(self._faults):
                raise ValueError(f"There is no fault {fault_id!r}.")
            self._faults = remaining

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults = []

    def replace(self, rules: tuple[FaultRule, ...]) -> None:
        """Replace all faults with these, with no hits yet."""
        with self._lock:
            self._faults = []
            self._numbers = itertools.count(1)
        for rule in rules:
            self._install(rule)

    def hit(self, host: Host, request: ReceivedRequest) -> Fault | None:
        """The fault that hits a request to a host, which is counted, or None."""
        for fault in self:
            if not fault.is_spent and fault.rule.fits(host, request) and self._strikes(fault):
                return fault
        return None

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def __contains__(self, fault: object) -> bool:
        return fault in self._faults

    def __repr__(self) -> str:
        return f"Faults({list(self)!r})"

    def _install(self, rule: FaultRule) -> Fault:
        if rule.operation is not None and rule.operation not in self._operations():
            raise ValueError(f"There is no operation {rule.operation!r}.")
        with self._lock:
            fault = Fault(f"fault-{next(self._numbers)}", rule)
            self._faults.append(fault)
        return fault

    def _strikes(self, fault: Fault) -> bool:
        with self._lock:
            if fault.is_spent:
                return False
            if fault.passed < fault.rule.after:
                fault.passed += 1
                return False
            fault.hits += 1
            return True
