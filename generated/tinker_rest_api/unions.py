# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""The unions of models that a tag tells apart, for annotations."""

from . import models
from ._model import UnknownVariant

OptimizerConfig = (
    models.AdamOptimizerConfig
    | models.DimuonOptimizerConfig
    | UnknownVariant
)
SearchOwner = (
    models.OwnSearchOwner
    | models.AccessibleSearchOwner
    | models.UserSearchOwner
    | UnknownVariant
)
SessionStatusQuery = (
    models.ActiveSessionStatusQuery
    | models.CancelledSessionStatusQuery
    | models.FailedSessionStatusQuery
    | models.ClientFinishedSessionStatusQuery
    | UnknownVariant
)
SessionFailedReason = (
    models.SessionFailedRequestReason
    | models.SessionFailedTrainingRunReason
    | models.SessionFailedSamplingSessionReason
    | UnknownVariant
)
ClientSessionFinishReason = (
    models.ClientSessionFinishSuccess
    | models.ClientSessionFinishErrored
    | models.ClientSessionFinishInterrupted
    | UnknownVariant
)
SessionStatus = (
    models.SessionFailed
    | models.SessionCancelled
    | models.ClientSessionFinished
    | models.SessionActive
    | UnknownVariant
)
BillingEventInfo = (
    models.TrainingBillingEvent
    | models.SamplingPrefillBillingEvent
    | models.SamplingSampleBillingEvent
    | models.CheckpointBillingEvent
    | models.StorageBillingEvent
    | UnknownVariant
)

__all__ = (
    "OptimizerConfig",
    "SearchOwner",
    "SessionStatusQuery",
    "SessionFailedReason",
    "ClientSessionFinishReason",
    "SessionStatus",
    "BillingEventInfo",
)
