"""The types of what calls return, and of what the API's description names.

The models are generated from the description; times in them are aware datetimes in UTC, sizes are bytes, and
what a server leaves out is None or the description's default. Fields of a newer server are kept in
`additional_properties`, unknown values of an enumeration as plain strings.
"""

from datetime import datetime

from attrs import field, frozen

from tinker_rest.redaction import redact
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath
from tinker_rest_api.models import (
    AccessScope,
    Checkpoint,
    CheckpointKind,
    CheckpointsListResponse,
    Cursor,
    GetSamplerResponse,
    GetSessionResponse,
    KnownCheckpointType,
    ListSessionsResponse,
    TrainingRun,
    TrainingRunsResponse,
    UserMetadata,
    WeightsInfoResponse,
)


@frozen
class CheckpointArchiveUrlResponse:
    """Where a checkpoint's archive can be downloaded, and until when.

    Attributes:
        url: The signed URL of a gzip-compressed tar archive. Whoever has it can download the archive, so the
            repr leaves out its query.
        expires_at: When the URL stops working, in UTC.
    """

    url: str = field(repr=redact)
    expires_at: datetime

    @property
    def expires(self) -> datetime:
        """The same as `expires_at`, by the name that older programs use."""
        return self.expires_at


__all__ = [
    "AccessScope",
    "Checkpoint",
    "CheckpointArchiveUrlResponse",
    "CheckpointKind",
    "CheckpointsListResponse",
    "Cursor",
    "GetSamplerResponse",
    "GetSessionResponse",
    "KnownCheckpointType",
    "ListSessionsResponse",
    "ParsedCheckpointTinkerPath",
    "TrainingRun",
    "TrainingRunsResponse",
    "UserMetadata",
    "WeightsInfoResponse",
]
