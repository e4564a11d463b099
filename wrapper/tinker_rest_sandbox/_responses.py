"""Responses and errors."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

Headers = Mapping[str, str]


class ApiError(Exception):
    """Ends the handling of a request with an error response; `detail` is a sentence or the validation issues."""

    def __init__(self, status: int, detail: Any, headers: Headers | None = None) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers

    def response(self) -> Response:
        """The response that reports the error."""
        return json_response(self.status, {"detail": self.detail}, self.headers)


def json_response(status: int, document: Any, headers: Headers | None = None) -> Response:
    """A response with a JSON document."""
    try:
        body = orjson.dumps(document)
    except TypeError:  # an integer of more than 64 bits, which metadata may contain
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, {"Content-Type": "application/json", **(headers or {})})


def no_content() -> Response:
    """The response to a successful change."""
    return Response(status_code=204)


def page_cursor(page: tuple[int, int], total: int) -> dict[str, int]:
    """A `Cursor`: the place of a page, by its limit and offset, in a list."""
    return {"limit": page[0], "offset": page[1], "total_count": total}
