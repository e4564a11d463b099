"""The models that calls return, and the types named in their fields.

They are generated from the API's description. Times are aware datetimes in UTC and sizes are bytes. What a server
leaves out is None or the description's default. Fields of newer servers are kept in `additional_properties`,
unknown values of an enumeration as plain strings, and models with an unknown tag as `UnknownVariant`. The unions
are meant for annotations.
"""

# The star imports bring every model and union, so a new operation needs no line here. Type checkers follow the
# `__all__` of a module that is imported in this form.
# ruff: noqa: F403, F405
from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

import tinker_rest_api.models as models
import tinker_rest_api.unions as unions
from tinker_rest._redaction import redact
from tinker_rest.paths import ParsedCheckpointTinkerPath
from tinker_rest_api._model import Model, UnknownVariant
from tinker_rest_api.models import *
from tinker_rest_api.unions import *

ModelID = str
CheckpointType = KnownCheckpointType | str
ClientSessionFinishReasonType = KnownFinishReasonType | str


@frozen(kw_only=True)
class CheckpointArchiveUrlResponse(Model):
    """A signed URL of a checkpoint's archive.

    Attributes:
        url: The signed URL of a gzip-compressed tar archive. Anyone who has it can download the archive, so the
            repr omits its query.
        expires_at: When the URL stops working, in UTC.
    """

    field_order: ClassVar = ("url", "expires")

    url: str = field(repr=redact)
    expires_at: datetime

    @property
    def expires(self) -> datetime:
        """Alias of `expires_at`, used by older programs."""
        return self.expires_at


@frozen(kw_only=True)
class WhoamiResponse(Model):
    """The owner of an API key.

    Attributes:
        user_urn: The URN of the user.
        org_urn: The URN of the organization, `tml:organization:ID`.
        email: The user's e-mail address; None if the key does not belong to a person.
    """

    field_order: ClassVar = ("user_urn", "org_urn", "email")

    user_urn: str
    org_urn: str
    email: str | None = None


__all__ = [
    "CheckpointArchiveUrlResponse",
    "CheckpointType",
    "ClientSessionFinishReasonType",
    "Model",
    "ModelID",
    "ParsedCheckpointTinkerPath",
    "UnknownVariant",
    "WhoamiResponse",
]
__all__ += models.__all__
__all__ += unions.__all__
