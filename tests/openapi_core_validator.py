"""Requests and responses, validated by openapi-core, which shares no code with the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import httpx
from checkout import ROOT, SPEC, read_description
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

FORMS = {"3.1": SPEC, "3.0": ROOT / "generated" / "openapi-3.0.yaml"}
# The one thing that the 3.0 form cannot say.
NULL_OF_A_REFERENCE = re.compile(r": None (for not nullable|is not of type 'object')$")


@cache
def _description(form: str) -> OpenAPI:
    document = read_description(FORMS[form].read_text())
    return OpenAPI.from_dict({**document, "servers": [{"url": "/"}]})  # each sandbox has another address


def objections(form: str, answer: httpx.Response) -> list[str]:
    """How a response, and its request if it was a success, differ from a form of the description."""
    sent = answer.request
    request = MockRequest(
        host_url=str(sent.url.copy_with(raw_path=b"")),
        method=sent.method,
        path=sent.url.path,
        args=dict(sent.url.params),
        headers=dict(sent.headers),
        data=sent.content or None,
        content_type=sent.headers.get("Content-Type", ""),
    )
    response = MockResponse(
        answer.content, answer.status_code, dict(answer.headers), answer.headers.get("Content-Type", "")
    )
    try:
        if answer.status_code < httpx.codes.BAD_REQUEST:
            _description(form).validate_request(request)
        _description(form).validate_response(request, response)
    except OpenAPIError as error:
        return list(_reasons(error))
    return []


def _reasons(error: BaseException) -> Iterator[str]:
    """Each value that does not fit or, if there is none, the first cause of the error."""
    cause = error.__cause__ or error.__context__
    if details := getattr(error, "schema_errors", None):
        yield from (f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in details)
    elif cause is None:
        yield f"{type(error).__name__}: {error}"
    else:
        yield from _reasons(cause)
