# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""All models of requests and responses, each imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .access_scope import AccessScope
    from .checkpoint import Checkpoint
    from .checkpoint_kind import CheckpointKind
    from .checkpoints_list_response import CheckpointsListResponse
    from .cursor import Cursor
    from .error import Error
    from .get_sampler_response import GetSamplerResponse
    from .get_session_response import GetSessionResponse
    from .known_checkpoint_type import KnownCheckpointType
    from .list_sessions_response import ListSessionsResponse
    from .set_checkpoint_ttl_request import SetCheckpointTtlRequest
    from .training_run import TrainingRun
    from .training_runs_response import TrainingRunsResponse
    from .user_metadata import UserMetadata
    from .weights_info_request import WeightsInfoRequest
    from .weights_info_response import WeightsInfoResponse

_MODULES = {
    "AccessScope": ".access_scope",
    "Checkpoint": ".checkpoint",
    "CheckpointKind": ".checkpoint_kind",
    "CheckpointsListResponse": ".checkpoints_list_response",
    "Cursor": ".cursor",
    "Error": ".error",
    "GetSamplerResponse": ".get_sampler_response",
    "GetSessionResponse": ".get_session_response",
    "KnownCheckpointType": ".known_checkpoint_type",
    "ListSessionsResponse": ".list_sessions_response",
    "SetCheckpointTtlRequest": ".set_checkpoint_ttl_request",
    "TrainingRun": ".training_run",
    "TrainingRunsResponse": ".training_runs_response",
    "UserMetadata": ".user_metadata",
    "WeightsInfoRequest": ".weights_info_request",
    "WeightsInfoResponse": ".weights_info_response",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = (
    "AccessScope",
    "Checkpoint",
    "CheckpointKind",
    "CheckpointsListResponse",
    "Cursor",
    "Error",
    "GetSamplerResponse",
    "GetSessionResponse",
    "KnownCheckpointType",
    "ListSessionsResponse",
    "SetCheckpointTtlRequest",
    "TrainingRun",
    "TrainingRunsResponse",
    "UserMetadata",
    "WeightsInfoRequest",
    "WeightsInfoResponse",
)
