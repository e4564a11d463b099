# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)
from ..models.known_trace_export_status import KnownTraceExportStatus

_KnownTraceExportStatus = {member.value: member for member in KnownTraceExportStatus}
_FIELDS = frozenset(
    (
        "status",
        "url",
        "error",
    )
)


@define(kw_only=True)
class SessionTraceExport(Model):
    """The status of a session's trace export.

    Attributes:
        status: The status of an export: `pending` (ask again), `ready` (it has a URL), `failed`,
            or a value that a newer server adds.
        url: If it is ready: the signed URL of the trace, which expires after about an hour. It is
            a secret: anyone who has it can download the trace.
        error: If it failed, the reason.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "status",
        "url",
        "error",
    )

    status: KnownTraceExportStatus | str
    """The status of an export: `pending` (ask again), `ready` (it has a URL), `failed`, or a value that a
    newer server adds."""
    url: str | None = field(default=None, repr=False)
    """If it is ready: the signed URL of the trace, which expires after about an hour. It is a secret:
    anyone who has it can download the trace."""
    error: str | None = None
    """If it failed, the reason."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["status"] = str(self.status)
        if self.url is not None:
            fields["url"] = self.url
        if self.error is not None:
            fields["error"] = self.error
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionTraceExport", None, "an object", src_dict)
        get = src_dict.get
        status: Any = get("status")
        if status is None:
            raise InvalidField("SessionTraceExport", "status", "present", None)
        if status.__class__ is not str:
            raise InvalidField("SessionTraceExport", "status", "a string", status)
        status = _KnownTraceExportStatus.get(status, status)

        url: Any = get("url")
        if url is not None:
            if url.__class__ is not str:
                raise InvalidField("SessionTraceExport", "url", "a string", url)

        error: Any = get("error")
        if error is not None:
            if error.__class__ is not str:
                raise InvalidField("SessionTraceExport", "error", "a string", error)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.status = status
        decoded.url = url
        decoded.error = error
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
