"""The types of what calls return, and of what the API's description names.

The models are generated from the description; times in them are aware datetimes in UTC, sizes are bytes, and
what a server leaves out is None or the description's default. Fields of a newer server are kept in
`additional_properties`, unknown values of an enumeration as plain strings, and models with an unknown tag as
`UnknownVariant`. The unions are for annotations.
"""

# From `models` comes every model, so that those of a new operation need no line here. Type checkers follow the
# `__all__` of a module that is imported in this form.
from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

import tinker_rest_api.models as models
from tinker_rest.redaction import redact
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath
from tinker_rest_api._model import Model, UnknownVariant
from tinker_rest_api.models import *  # noqa: F403
from tinker_rest_api.models import (
    AccessibleSearchOwner,
    ActiveSessionStatusQuery,
    AdamOptimizerConfig,
    CancelledSessionStatusQuery,
    CheckpointBillingEvent,
    ClientFinishedSessionStatusQuery,
    ClientSessionFinished,
    ClientSessionFinishErrored,
    ClientSessionFinishInterrupted,
    ClientSessionFinishSuccess,
    DimuonOptimizerConfig,
    FailedSessionStatusQuery,
    KnownCheckpointType,
    KnownFinishReasonType,
    OwnSearchOwner,
    SamplingPrefillBillingEvent,
    SamplingSampleBillingEvent,
    SessionActive,
    SessionCancelled,
    SessionFailed,
    SessionFailedRequestReason,
    SessionFailedSamplingSessionReason,
    SessionFailedTrainingRunReason,
    StorageBillingEvent,
    TrainingBillingEvent,
    UserSearchOwner,
)

ModelID = str
CheckpointType = KnownCheckpointType | str
OptimizerConfig = AdamOptimizerConfig | DimuonOptimizerConfig | UnknownVariant
SearchOwner = OwnSearchOwner | AccessibleSearchOwner | UserSearchOwner | UnknownVariant
SessionStatusQuery = (
    ActiveSessionStatusQuery
    | CancelledSessionStatusQuery
    | FailedSessionStatusQuery
    | ClientFinishedSessionStatusQuery
    | UnknownVariant
)
ClientSessionFinishReasonType = KnownFinishReasonType | str
ClientSessionFinishReason = (
    ClientSessionFinishSuccess | ClientSessionFinishErrored | ClientSessionFinishInterrupted | UnknownVariant
)
SessionFailedReason = (
    SessionFailedRequestReason
    | SessionFailedTrainingRunReason
    | SessionFailedSamplingSessionReason
    | UnknownVariant
)
SessionStatus = SessionFailed | SessionCancelled | ClientSessionFinished | SessionActive | UnknownVariant
BillingEventInfo = (
    TrainingBillingEvent
    | SamplingPrefillBillingEvent
    | SamplingSampleBillingEvent
    | CheckpointBillingEvent
    | StorageBillingEvent
    | UnknownVariant
)


@frozen
class CheckpointArchiveUrlResponse(Model):
    """Where a checkpoint's archive can be downloaded, and until when.

    Attributes:
        url: The signed URL of a gzip-compressed tar archive. Whoever has it can download the archive, so the
            repr leaves out its query.
        expires_at: When the URL stops working, in UTC.
    """

    field_order: ClassVar = ("url", "expires")

    url: str = field(repr=redact)
    expires_at: datetime

    @property
    def expires(self) -> datetime:
        """The same as `expires_at`, by the name that older programs use."""
        return self.expires_at


@frozen
class WhoamiResponse(Model):
    """Who an API key stands for.

    Attributes:
        user_urn: The URN of the user.
        org_urn: The URN of the organization, `tml:organization:ID`.
        email: The user's e-mail address; None for a key that belongs to no person.
    """

    field_order: ClassVar = ("user_urn", "org_urn", "email")

    user_urn: str
    org_urn: str
    email: str | None = None


__all__ = [
    "BillingEventInfo",
    "CheckpointArchiveUrlResponse",
    "CheckpointType",
    "ClientSessionFinishReason",
    "ClientSessionFinishReasonType",
    "Model",
    "ModelID",
    "OptimizerConfig",
    "ParsedCheckpointTinkerPath",
    "SearchOwner",
    "SessionFailedReason",
    "SessionStatus",
    "SessionStatusQuery",
    "UnknownVariant",
    "WhoamiResponse",
]
__all__ += models.__all__
