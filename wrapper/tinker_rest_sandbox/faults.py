"""Faults on purpose: which requests of a sandbox meet them, and how often."""

from __future__ import annotations

import itertools
import json
import math
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, TypedDict, Unpack, get_args

from .requests import ReceivedRequest

Host = Literal["api", "storage"]
When = Literal["before", "after"]
Match = str | Callable[[ReceivedRequest], bool]

LEAST_STATUS, MOST_STATUS = 200, 599
WITHOUT_BODY = frozenset({204, 304})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The server sets them by the body; `truncate` and `drop` are for answers that end too early.
_FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "connection"})
_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "*"})


@dataclass(frozen=True, kw_only=True)
class FaultRule:
    """What goes wrong, for which requests and how often.

    At most one of `status`, `drop`, `truncate` and `malformed` is given; `delay` and `bytes_per_second` may go
    with each of them or stand alone.

    Attributes:
        status: Answer with this HTTP status. Such an answer need not be one that the description allows.
        retry_after: With `status`: the `Retry-After` header, in seconds or as an HTTP date.
        detail: With `status`: what the answer's `detail` says.
        body: With `status`: the whole body, as text or as what becomes JSON, in place of one with a `detail`.
        headers: With `status`: further headers of the answer.
        delay: How long the request waits before anything else is done, in seconds.
        bytes_per_second: How fast the body is sent; None for as fast as it goes.
        drop: Reset the connection.
        when: With `status` or `drop`: whether the request's work is not done (`before`) or is done and only its
            answer is lost (`after`).
        truncate: Send only so many bytes of the body, fewer than `Content-Length` says, then close the connection.
        malformed: Send a body that is no JSON (of a download: not the file).
        match: An operation id; or a method and a pattern of the path, such as `GET /api/v1/sessions*`; or, in
            Python, a function of the request. Every request when it is None.
        host: Whether requests to the API or to the host of downloads are meant.
        times: How many requests are hit; None for no end.
        after: How many matching requests pass first.

    Raises:
        ValueError: If the values make no sense, alone or together.
    """

    status: int | None = None
    retry_after: float | str | None = None
    detail: Any = None
    body: Any = None
    headers: Mapping[str, str] | None = None
    delay: float = 0
    bytes_per_second: int | None = None
    drop: bool = False
    when: When = "before"
    truncate: int | None = None
    malformed: bool = False
    match: Match | None = None
    host: Host = "api"
    times: int | None = 1
    after: int = 0

    def __post_init__(self) -> None:
        effects = self._effects()
        if len(effects) > 1:
            raise ValueError(f"A fault has one effect, not {' and '.join(effects)}.")
        if not effects and not self.delay and self.bytes_per_second is None:
            raise ValueError("A fault has a status, delay, bytes_per_second, drop, truncate or malformed.")
        self._check_numbers()
        self._check_choices()
        extras = [name for name in ("retry_after", "detail", "body", "headers") if getattr(self, name) is not None]
        if extras and self.status is None:
            raise ValueError(f"{extras[0]} belongs to a fault with a status.")
        if self.status in WITHOUT_BODY and (self.body is not None or self.detail is not None):
            raise ValueError(f"An answer with the status {self.status} has no body, and so no detail.")
        if self.body is not None and self.detail is not None:
            raise ValueError("A fault has a body or a detail, not both.")
        if self.when == "after" and not (self.drop or self.status):
            raise ValueError("when='after' belongs to a fault with drop or a status.")

    def _effects(self) -> list[str]:
        given = {
            "status": self.status is not None,
            "drop": self.drop,
            "truncate": self.truncate is not None,
            "malformed": self.malformed,
        }
        return [name for name, is_given in given.items() if is_given]

    def _check_numbers(self) -> None:
        _check_whole("status", self.status, LEAST_STATUS, MOST_STATUS)
        _check_whole("truncate", self.truncate, 0)
        _check_whole("times", self.times, 1)
        _check_whole("bytes_per_second", self.bytes_per_second, 1)
        _check_whole("after", self.after, 0)
        _check_seconds("delay", self.delay)
        if not isinstance(self.retry_after, str) and self.retry_after is not None:
            _check_seconds("retry_after", self.retry_after)

    def _check_choices(self) -> None:
        for name in ("drop", "malformed"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is true or false, not {getattr(self, name)!r}.")  # noqa: TRY004
        for name, known in (("when", get_args(When)), ("host", get_args(Host))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is one of {known}, not {getattr(self, name)!r}.")
        for name, value in (self.headers or {}).items():
            _check_header(name, value)
        if isinstance(self.retry_after, str):
            _check_header("Retry-After", self.retry_after)
        for name in ("detail", "body"):
            _check_json(name, getattr(self, name))
        if isinstance(self.match, str):
            self._check_pattern(self.match)
        elif self.match is not None and not callable(self.match):
            raise ValueError(f"match is a text or a function, not {self.match!r}.")

    def _check_pattern(self, match: str) -> None:
        method, _, path = match.rpartition(" ")
        if path.startswith("/") and (not method or method in _METHODS):
            return
        if "/" in match or " " in match or not match:
            raise ValueError(f"match is an operation id or like 'GET /api/v1/sessions*', not {match!r}.")
        if self.host == "storage":
            raise ValueError(f"The host of downloads has no operations such as {match!r}; match a path.")

    def fits(self, host: Host, request: ReceivedRequest) -> bool:
        """Whether a request is one of those that are meant."""
        if host != self.host:
            return False
        if self.match is None:
            return True
        if not isinstance(self.match, str):
            return bool(self.match(request))
        method, _, path = self.match.rpartition(" ")
        if not path.startswith("/"):
            return request.operation_id == self.match
        asked_path = request.target.partition("?")[0]
        return method in {"", "*", request.method} and fnmatchcase(asked_path, path)

    def as_json(self) -> dict[str, Any]:
        """The rule without what is as by default; a function becomes its name."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        named = {one.name: value for one in fields(self) if (value := given[one.name]) != one.default}
        if callable(self.match):
            named["match"] = f"<function {getattr(self.match, '__qualname__', 'match')}>"
        return named


class FaultFields(TypedDict, total=False):
    """The attributes of a `FaultRule`, as keyword arguments."""

    status: int | None
    retry_after: float | str | None
    detail: Any
    body: Any
    headers: Mapping[str, str] | None
    delay: float
    bytes_per_second: int | None
    drop: bool
    when: When
    truncate: int | None
    malformed: bool
    match: Match | None
    host: Host
    times: int | None
    after: int


class Fault:
    """A rule at work.

    Attributes:
        fault_id: Its id, as `ReceivedRequest.fault` has it.
        rule: What goes wrong, for which requests and how often.
        hits: How many requests it has hit.
        passed: How many matching requests it has let pass, of the `after` that it should.
    """

    def __init__(self, fault_id: str, rule: FaultRule) -> None:
        self.fault_id = fault_id
        self.rule = rule
        self.hits = 0
        self.passed = 0

    @property
    def is_spent(self) -> bool:
        """Whether it has hit as often as it should."""
        return self.rule.times is not None and self.hits >= self.rule.times

    def as_json(self) -> dict[str, Any]:
        """The fault as JSON that tells how far it is."""
        counts = {"hits": self.hits, "passed": self.passed, "spent": self.is_spent}
        return {"fault_id": self.fault_id, **self.rule.as_json(), **counts}

    def __repr__(self) -> str:
        return f"<Fault {self.as_json()!r}>"


class Faults(Collection[Fault]):
    """The faults of a sandbox, in the order in which they were added. Any thread may use them.

    A request is hit by the first fault that it matches and that is neither spent nor lets it pass.

    Args:
        operations: The ids of the operations that there are.
    """

    def __init__(self, operations: Callable[[], Collection[str]]) -> None:
        self._operations = operations
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, **values: Unpack[FaultFields]) -> Fault:
        """Let something go wrong.

        Args:
            values: The attributes of a `FaultRule`, such as `status=503, times=2`.

        Returns:
            The fault; its `hits` tells how often it has struck.

        Raises:
            ValueError: If a value, or what they are together, makes no sense, or there is no such operation.
            TypeError: If a name is none of a `FaultRule`.
        """
        return self._install(FaultRule(**values))

    def remove(self, fault_id: str) -> None:
        """Take a fault away.

        Raises:
            ValueError: If there is none of this id.
        """
        with self._lock:
            remaining = [fault for fault in self._faults if fault.fault_id != fault_id]
            if len(remaining) == len(self._faults):
                raise ValueError(f"There is no fault {fault_id!r}.")
            self._faults = remaining

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults = []

    def rules(self) -> tuple[FaultRule, ...]:
        """The rules of all faults."""
        return tuple(fault.rule for fault in self)

    def replace(self, rules: tuple[FaultRule, ...]) -> None:
        """Take all faults away and begin with these, which have hit nothing yet."""
        with self._lock:
            self._faults = []
            self._numbers = itertools.count(1)
        for rule in rules:
            self._install(rule)

    def hit(self, host: Host, request: ReceivedRequest) -> Fault | None:
        """The fault that hits a request, which is counted; None where all is well.

        Args:
            host: Which host was asked.
            request: The request.
        """
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
        is_operation = isinstance(rule.match, str) and "/" not in rule.match
        if is_operation and rule.match not in self._operations():
            raise ValueError(f"There is no operation {rule.match!r}.")
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


def _check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    if value is None:
        return
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not isinstance(value, int) or value < least or (most is not None and value > most):
        limits = f"from {least} up" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is a whole number {limits}, not {value!r}.")


def _check_header(name: object, value: object) -> None:
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING_HEADERS:
        raise ValueError(f"{name!r} is not the name of a header that an answer may be given.")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ValueError(f"{value!r} is not a value that the header {name} can have.")


def _check_json(name: str, value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is a text or becomes JSON, unlike {value!r}.") from error


def _check_seconds(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"{name} is a number of seconds from 0 up, not {value!r}.")
