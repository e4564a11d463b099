# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    whole_number,
)

_FIELDS = frozenset(
    (
        "checkpoint_count",
        "size_bytes",
        "size_gigabytes",
        "project_id",
        "org_user_urn",
        "user_email",
        "user_name",
        "estimated_monthly_cost_usd",
    )
)


@define(kw_only=True)
class CurrentCheckpointStorageUsageItem(Model):
    """What one session owner stores in one project.

    Attributes:
        checkpoint_count: The number of checkpoints.
        size_bytes: Their total size in bytes.
        size_gigabytes: Their total size in gigabytes (10^9 bytes), the unit that is billed.
        project_id: The project that the sessions belong to.
        org_user_urn: The URN of the owner of the sessions.
        user_email: The email address of the owner.
        user_name: The name of the owner.
        estimated_monthly_cost_usd: Their estimated cost in US dollars per month of 720 hours.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "project_id",
        "org_user_urn",
        "user_email",
        "user_name",
        "checkpoint_count",
        "size_bytes",
        "size_gigabytes",
        "estimated_monthly_cost_usd",
    )

    checkpoint_count: int
    """The number of checkpoints."""
    size_bytes: int
    """Their total size in bytes."""
    size_gigabytes: float
    """Their total size in gigabytes (10^9 bytes), the unit that is billed."""
    project_id: str | None = None
    """The project that the sessions belong to."""
    org_user_urn: str | None = None
    """The URN of the owner of the sessions."""
    user_email: str | None = None
    """The email address of the owner."""
    user_name: str | None = None
    """The name of the owner."""
    estimated_monthly_cost_usd: float | None = None
    """Their estimated cost in US dollars per month of 720 hours."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["checkpoint_count"] = self.checkpoint_count
        fields["size_bytes"] = self.size_bytes
        fields["size_gigabytes"] = self.size_gigabytes
        if self.project_id is not None:
            fields["project_id"] = self.project_id
        if self.org_user_urn is not None:
            fields["org_user_urn"] = self.org_user_urn
        if self.user_email is not None:
            fields["user_email"] = self.user_email
        if self.user_name is not None:
            fields["user_name"] = self.user_name
        if self.estimated_monthly_cost_usd is not None:
            fields["estimated_monthly_cost_usd"] = self.estimated_monthly_cost_usd
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("CurrentCheckpointStorageUsageItem", None, "an object", src_dict)
        get = src_dict.get
        checkpoint_count: Any = get("checkpoint_count")
        if checkpoint_count.__class__ is not int:
            checkpoint_count = whole_number(
                "CurrentCheckpointStorageUsageItem", "checkpoint_count", checkpoint_count
            )

        size_bytes: Any = get("size_bytes")
        if size_bytes.__class__ is not int:
            size_bytes = whole_number("CurrentCheckpointStorageUsageItem", "size_bytes", size_bytes)

        size_gigabytes: Any = get("size_gigabytes")
        if size_gigabytes.__class__ is not float and size_gigabytes.__class__ is not int:
            raise InvalidField(
                "CurrentCheckpointStorageUsageItem", "size_gigabytes", "a number", size_gigabytes
            )
        size_gigabytes = float(size_gigabytes)

        project_id: Any = get("project_id")
        if project_id is not None:
            if project_id.__class__ is not str:
                raise InvalidField("CurrentCheckpointStorageUsageItem", "project_id", "a string", project_id)

        org_user_urn: Any = get("org_user_urn")
        if org_user_urn is not None:
            if org_user_urn.__class__ is not str:
                raise InvalidField(
                    "CurrentCheckpointStorageUsageItem", "org_user_urn", "a string", org_user_urn
                )

        user_email: Any = get("user_email")
        if user_email is not None:
            if user_email.__class__ is not str:
                raise InvalidField("CurrentCheckpointStorageUsageItem", "user_email", "a string", user_email)

        user_name: Any = get("user_name")
        if user_name is not None:
            if user_name.__class__ is not str:
                raise InvalidField("CurrentCheckpointStorageUsageItem", "user_name", "a string", user_name)

        estimated_monthly_cost_usd: Any = get("estimated_monthly_cost_usd")
        if estimated_monthly_cost_usd is not None:
            if (
                estimated_monthly_cost_usd.__class__ is not float
                and estimated_monthly_cost_usd.__class__ is not int
            ):
                raise InvalidField(
                    "CurrentCheckpointStorageUsageItem",
                    "estimated_monthly_cost_usd",
                    "a number",
                    estimated_monthly_cost_usd,
                )
            estimated_monthly_cost_usd = float(estimated_monthly_cost_usd)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.checkpoint_count = checkpoint_count
        decoded.size_bytes = size_bytes
        decoded.size_gigabytes = size_gigabytes
        decoded.project_id = project_id
        decoded.org_user_urn = org_user_urn
        decoded.user_email = user_email
        decoded.user_name = user_name
        decoded.estimated_monthly_cost_usd = estimated_monthly_cost_usd
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
