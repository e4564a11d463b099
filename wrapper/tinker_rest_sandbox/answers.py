"""What a request is answered with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import orjson

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """A whole answer but for the headers that every answer has.

    Attributes:
        status: The HTTP status.
        body: The bytes of the body.
        headers: Names and values of the headers that belong to this answer.
    """

    status: int
    body: bytes = b""
    headers: Headers = ()


DONE = Answer(204)


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """Ends the handling of a request with an error answer.

    Args:
        status: The HTTP status.
        detail: A sentence, or the list of the places that are wrong.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, detail: Any, headers: Headers = ()) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers

    def answer(self) -> Answer:
        """The answer that tells the caller of the refusal."""
        return json_answer(self.status, {"detail": self.detail}, self.headers)


def json_answer(status: int, document: Any, headers: Headers = ()) -> Answer:
    """An answer that holds a JSON document."""
    try:
        body = orjson.dumps(document)
    except TypeError:  # a whole number of more than 64 bits, which metadata may hold
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, (("Content-Type", "application/json"), *headers))


def page_cursor(limit: int, offset: int, total: int) -> dict[str, int]:
    """The place of a page in a list, a `Cursor`."""
    return {"offset": offset, "limit": limit, "total_count": total}
