"""Checks answers against the responses that the description lists for an operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

    from .spec import Spec

WITHOUT_BODY = frozenset({204, 304})


class SpecViolation(AssertionError):  # noqa: N818 - says what is wrong
    """An answer is not one that the description allows."""


class ResponseChecker:
    """Checks the answers of one operation. Validators are compiled when a status is first seen.

    Args:
        operation_id: The operation's id, for messages.
        responses: The operation's `responses`.
        spec: The description that holds them.
    """

    def __init__(self, operation_id: str, responses: Mapping[str, Any], spec: Spec) -> None:
        self._operation_id = operation_id
        self._responses = responses
        self._spec = spec
        self._compiled: dict[str, _Response] = {}

    def check(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Check one answer.

        Args:
            status: The HTTP status.
            headers: The headers of the answer.
            body: The body as it was received.

        Raises:
            SpecViolation: If the description does not allow the answer.
        """
        key = next((k for k in (str(status), f"{status // 100}XX", "default") if k in self._responses), None)
        if key is None:
            raise SpecViolation(f"{self._operation_id}: the status {status} is not described.")
        if key not in self._compiled:
            self._compiled[key] = _Response(self._spec.resolve(self._responses[key]), self._spec)
        try:
            self._compiled[key].check(status, {name.lower(): value for name, value in headers.items()}, body)
        except SpecViolation as violation:
            raise SpecViolation(f"{self._operation_id}, status {status}: {violation}") from None


class _Response:
    """One response of the description, compiled."""

    def __init__(self, description: Mapping[str, Any], spec: Spec) -> None:
        self._headers: list[tuple[str, bool, jsonschema_rs.Draft202012Validator]] = []
        for name, reference in description.get("headers", {}).items():
            header = spec.resolve(reference)
            validator = spec.validator(header["schema"])
            self._headers.append((name, bool(header.get("required")), validator))
        self._content = {
            media_type: spec.validator(content.get("schema", {}))
            for media_type, content in description.get("content", {}).items()
        }

    def check(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if status in WITHOUT_BODY and body:
            raise SpecViolation("a body is not allowed here.")
        for name, is_required, validator in self._headers:
            value = headers.get(name.lower())
            if value is None and is_required:
                raise SpecViolation(f"the header {name} is missing.")
            if value is not None:
                _validate(validator, value, f"the header {name}")
        if self._content:
            self._check_body(headers.get("content-type", ""), body)

    def _check_body(self, content_type: str, body: bytes) -> None:
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type not in self._content:
            raise SpecViolation(f"the media type {media_type or '(none)'} is not described.")
        try:
            document = json.loads(body)
        except ValueError as error:
            raise SpecViolation(f"the body is not JSON: {error}.") from None
        _validate(self._content[media_type], document, "the body")


def _validate(validator: jsonschema_rs.Draft202012Validator, instance: Any, place: str) -> None:
    error = next(iter(validator.iter_errors(instance)), None)
    if error is not None:
        way = "".join(f"[{step!r}]" for step in error.instance_path)
        raise SpecViolation(f"{place}{way}: {error.message}")
