"""The exceptions of this package.

    TinkerError
    ├── InvalidArgumentError (also ValueError)   an argument is not valid
    ├── CredentialsError                         no API key, or one that is not valid or cannot be exchanged
    ├── ClientClosedError (also RuntimeError)    the client was closed before the call ended
    ├── BulkError                                some of many checkpoints could not be changed
    ├── DownloadError                            a download cannot be saved, or is damaged or unsafe
    └── APIError                                 a call failed
        ├── APIConnectionError                   no response
        │   └── APITimeoutError                  no response in time
        ├── SessionTraceExportError (also RuntimeError)   a trace cannot be built
        └── APIResponseError                     a response, but not the expected one
            ├── APIResponseValidationError       it cannot be read
            └── APIStatusError                   it is an error
                ├── BadRequestError 400          ├── NotFoundError 404
                ├── AuthenticationError 401      ├── ConflictError 409
                ├── BillingError 402             ├── UnprocessableEntityError 422
                ├── PermissionDeniedError 403    ├── RateLimitError 429
                └── InternalServerError 5xx

No exception shows an API key or a signed URL, and each can be pickled.
"""

from __future__ import annotations

import copyreg
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from attrs import define, field, frozen

from tinker_rest._redaction import redact as redact
from tinker_rest._redaction import safe_repr, summarize


class TinkerError(Exception):
    """The base class of all exceptions of this package."""


class InvalidArgumentError(TinkerError, ValueError):
    """An argument is not valid. Nothing was sent."""


def refusal(name: str, expected: str, value: object) -> InvalidArgumentError:
    """The error for an argument. `expected` is what it must do or be; secrets in the value are not shown."""
    return InvalidArgumentError(f"{name} must {expected}, not {safe_repr(value)}")


class CredentialsError(TinkerError):
    """There is no API key, or one that is not valid or cannot be exchanged for a token. The call was not sent."""


class ClientClosedError(TinkerError, RuntimeError):
    """The client was closed: before the call, and nothing was sent, or before the call ended."""


class DownloadError(TinkerError):
    """The destination of a download cannot be used, or the data is damaged or unsafe.

    The disk may be full, or the destination may exist or be in use. An OSError is kept as `__cause__`.
    """


class UploadError(TinkerError):
    """An upload did not succeed. The message lists the uploaded files; the error of another one is `__cause__`."""


@frozen
class APIRequest:
    """A request: the HTTP method in capitals, and the URL without secrets."""

    method: str
    url: str


@frozen
class APIResponse:
    """A response as received: the status, the headers (names in lowercase) and the body in bytes."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.content)


NO_REQUEST = APIRequest("", "")


# Errors take the positional arguments of the official SDK's, since programs pass them in their tests.
# With auto_exc=False, `args` and therefore the repr contain only the message.
@define(slots=False, eq=False, repr=False, auto_exc=False)
class APIError(TinkerError):
    """A call failed.

    Attributes:
        message: What went wrong, in one line without secrets.
        request: The method and URL of the request; empty if the error has no request.
        operation_id: The operation of the API's description that was called.
        request_id: The ID that this client sent as `X-Request-Id`.
        server_request_id: The ID that the server gave the request; None if it gave none.
        attempts: How many requests were sent.
        elapsed: How long the call took, in seconds.
        body: The body of the response as parsed JSON, or as text if it is not JSON; None without a response.
    """

    message: str
    request: APIRequest = NO_REQUEST
    operation_id: str = field(default="", kw_only=True)
    request_id: str = field(default="", kw_only=True)
    server_request_id: str | None = field(default=None, kw_only=True)
    attempts: int = field(default=0, kw_only=True)
    elapsed: float = field(default=0.0, kw_only=True)
    body: object = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        self.args = (self.message,)

    def __reduce__(self) -> tuple[object, ...]:
        """Everything but the class is in the attributes."""
        return copyreg.__newobj__, (type(self), self.message), vars(self)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        """What failed, the server's message, the number of attempts and the time they took, on one line."""
        if not self.operation_id:
            return self.message
        tries = "1 attempt" if self.attempts == 1 else f"{self.attempts} attempts"
        facts = [f"request_id {self.request_id}"] if self.request_id else []
        if self.server_request_id and self.server_request_id != self.request_id:
            facts.append(f"server's request_id {summarize(self.server_request_id, 100)}")
        facts.append(f"{tries}, {self.elapsed:.1f} s")
        return f"{self.operation_id} failed: {self.message} ({', '.join(facts)})"


@define(slots=False, eq=False, repr=False, auto_exc=False)
class APIConnectionError(APIError):
    """No response: the server could not be reached or the connection broke."""

    request: APIRequest = NO_REQUEST
    message: str = "Connection error."


@define(slots=False, eq=False, repr=False, auto_exc=False)
class APITimeoutError(APIConnectionError):
    """No response in time."""

    message: str = "Request timed out."


class SessionTraceExportError(APIError, RuntimeError):
    """The server could not build the trace of a session."""


@define(slots=False, eq=False, repr=False, auto_exc=False)
class APIResponseError(APIError):
    """The server responded, but not with the expected result.

    Attributes:
        response: The response as received.
        status_code: Its HTTP status.
        headers: Its headers; names are in lowercase.
        retry_after: After how many seconds the server wants the next attempt; None if it did not say.
    """

    message: str
    response: APIResponse = APIResponse(0, {}, b"")
    body: object = None
    request: APIRequest = field(default=NO_REQUEST, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)
    status_code: int = field(init=False)
    headers: Mapping[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.status_code, self.headers = self.response.status_code, self.response.headers
        if self.request is NO_REQUEST:
            self.request = getattr(self.response, "request", NO_REQUEST)


@define(slots=False, eq=False, repr=False, auto_exc=False)
class APIResponseValidationError(APIResponseError):
    """The response does not match the API's description: it is not JSON, or a field is missing or wrong."""

    response: APIResponse
    body: object = None
    message: str = "Data returned by API invalid for expected schema."


@define(slots=False, eq=False, repr=False, auto_exc=False)
class APIStatusError(APIResponseError):
    """The server responded with an error.

    Attributes:
        operation_unsupported: Whether the server seems not to support the operation, like some compatible servers.
    """

    operation_unsupported: bool = field(default=False, kw_only=True)

    @staticmethod
    def of(response: APIResponse, *, advises: bool = True, **facts: Any) -> APIStatusError:
        """Return an error of the class for the response's status; with `advises`, it says what to do."""
        status = response.status_code
        kind = _CLASS_OF_STATUS.get(status, InternalServerError if status >= 500 else APIStatusError)
        body = response_body(response)
        unsupported = status in (405, 501) or (status == 404 and _is_no_route(body))
        message = f"{status} {_NAME_OF_STATUS.get(status, '')}".strip()
        said = server_message(body)
        end = next((word for word in _ENDS if word in facts.get("operation_id", "")), None)
        sign = {404: rf"/{end}(?![-.\w])", 422: "checkpoint_id"}.get(status) if end else None
        if unsupported:
            message += ": the server does not offer this operation"
        elif sign and re.search(sign, said):
            message += ": the server may not offer this operation"
            unsupported = True
        if said:
            message += f": {said}"
        remedy = _NO_ARCHIVES if end == "archive" and status in _ARCHIVE_REFUSALS else REMEDY_OF_STATUS.get(status)
        if remedy and advises:
            message += ("" if message.endswith(".") else ".") + f" {remedy}"
        facts |= {"body": body, "server_request_id": response.headers.get("x-request-id")}
        return kind(message, response=response, operation_unsupported=unsupported, **facts)


class BadRequestError(APIStatusError):
    """400: the request has a value out of range, or cannot be understood."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing or unknown."""


class BillingError(APIStatusError):
    """402: the account is blocked until its billing is settled. Retrying does not help."""


class PermissionDeniedError(APIStatusError):
    """403: you are not allowed to do this."""


class NotFoundError(APIStatusError):
    """404: it does not exist, or `operation_unsupported` is true."""


class ConflictError(APIStatusError):
    """409: it is in the desired state already, such as a checkpoint that is public."""


class UnprocessableEntityError(APIStatusError):
    """422: a parameter or field does not have the form that the server expects."""


class RateLimitError(APIStatusError):
    """429: too many requests in too short a time."""


class InternalServerError(APIStatusError):
    """5xx: the server failed, or a proxy in front of it."""


_CLASS_OF_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: BillingError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
# Newer versions of Python use another name for 422.
_NAME_OF_STATUS = {status.value: status.phrase for status in HTTPStatus} | {422: "Unprocessable Entity"}
REMEDY_OF_STATUS = {
    401: "Check the API key: the argument api_key or the environment variable TINKER_API_KEY.",
    402: "Settle the account's billing, then call again.",
    407: "Put the user and password of the proxy into HTTP_PROXY or HTTPS_PROXY.",
}
_ARCHIVE_REFUSALS = (400, 403, 404, 405, 410, 501)
_NO_ARCHIVES = "If the server has withdrawn archives, download external weights instead."


def is_archive_refusal(error: object) -> bool:
    """Whether a server refused an archive, perhaps because it has withdrawn archives."""
    if not isinstance(error, APIStatusError) or "archive" not in error.operation_id:
        return False
    return error.status_code in _ARCHIVE_REFUSALS


def response_body(response: APIResponse) -> object:
    """The body of a response as parsed JSON, as text if it is not JSON, or None if it is empty."""
    if not response.content:
        return None
    try:
        return response.json()
    except (ValueError, RecursionError):
        return response.text


# Endings of paths that servers without the operation take for part of a checkpoint's ID.
_ENDS = ("publish", "ttl", "archive", "external_weights_urls")
# What web frameworks send for an unknown route; for an unknown ID, servers send their own message.
_NO_ROUTE = ("", "Not Found", "404 page not found", "404 Not Found", "no Route")


def _is_no_route(body: object) -> bool:
    if isinstance(body, dict):
        return not body or body.get("detail", body.get("message")) in _NO_ROUTE[1:]
    return body is None or (isinstance(body, str) and (body.strip() in _NO_ROUTE or body.lstrip().startswith("<")))


def server_message(body: object) -> str:
    """The server's message on one line without secrets, whatever the shape of its errors."""
    if isinstance(body, dict):
        for name in ("detail", "message", "error", "title"):
            if body.get(name):
                return server_message(body[name])
        return summarize(json.dumps(body)) if body else ""
    if isinstance(body, list):
        return summarize("; ".join(_one_detail(item) for item in body[:5]))
    text = str(body or "").strip()
    if said := re.search(r"<Message>([^<]+)</Message>", text):  # as in errors of storages
        return summarize(said[1])
    if text.startswith("<"):
        return "the response is a web page, not JSON; a proxy may have sent it"
    if text.startswith("Traceback "):
        text = text.splitlines()[-1]
    return summarize(text)


def _one_detail(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    place = item.get("loc")
    where = ".".join(str(step) for step in place) + ": " if isinstance(place, list) else ""
    return where + str(item.get("msg", item.get("message", item)))
