# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""All models of requests and responses, each imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .access_scope import AccessScope
    from .accessible_search_owner import AccessibleSearchOwner
    from .active_session_status_query import ActiveSessionStatusQuery
    from .adam_optimizer_config import AdamOptimizerConfig
    from .api_error import ApiError
    from .assign_session_project_request import AssignSessionProjectRequest
    from .audit_event_details import AuditEventDetails
    from .audit_event_type import AuditEventType
    from .audit_log_entry import AuditLogEntry
    from .audit_log_response import AuditLogResponse
    from .auth_token_request import AuthTokenRequest
    from .auth_token_response import AuthTokenResponse
    from .billing_usage_event import BillingUsageEvent
    from .billing_usage_response import BillingUsageResponse
    from .billing_usage_session import BillingUsageSession
    from .billing_usage_sessions import BillingUsageSessions
    from .cancelled_session_status_query import CancelledSessionStatusQuery
    from .checkpoint import Checkpoint
    from .checkpoint_billing_event import CheckpointBillingEvent
    from .checkpoint_kind import CheckpointKind
    from .checkpoint_search_cursor import CheckpointSearchCursor
    from .checkpoint_search_request import CheckpointSearchRequest
    from .checkpoint_search_response import CheckpointSearchResponse
    from .checkpoints_list_response import CheckpointsListResponse
    from .client_config_request import ClientConfigRequest
    from .client_config_response import ClientConfigResponse
    from .client_finished_session_status_query import ClientFinishedSessionStatusQuery
    from .client_session_finish_errored import ClientSessionFinishErrored
    from .client_session_finish_interrupted import ClientSessionFinishInterrupted
    from .client_session_finish_success import ClientSessionFinishSuccess
    from .client_session_finished import ClientSessionFinished
    from .copy_weights_request import CopyWeightsRequest
    from .copy_weights_response import CopyWeightsResponse
    from .current_checkpoint_storage_usage_item import CurrentCheckpointStorageUsageItem
    from .current_checkpoint_storage_usage_response import CurrentCheckpointStorageUsageResponse
    from .cursor import Cursor
    from .dimuon_optimizer_config import DimuonOptimizerConfig
    from .external_weights_upload_finish_request import ExternalWeightsUploadFinishRequest
    from .external_weights_upload_finish_response import ExternalWeightsUploadFinishResponse
    from .external_weights_upload_start_request import ExternalWeightsUploadStartRequest
    from .external_weights_upload_start_response import ExternalWeightsUploadStartResponse
    from .external_weights_urls_response import ExternalWeightsUrlsResponse
    from .failed_session_status_query import FailedSessionStatusQuery
    from .file_urls import FileUrls
    from .get_sampler_response import GetSamplerResponse
    from .get_server_capabilities_response import GetServerCapabilitiesResponse
    from .get_session_response import GetSessionResponse
    from .known_checkpoint_type import KnownCheckpointType
    from .known_credential_source import KnownCredentialSource
    from .known_failure_category import KnownFailureCategory
    from .known_finish_reason_type import KnownFinishReasonType
    from .known_trace_export_status import KnownTraceExportStatus
    from .list_sessions_response import ListSessionsResponse
    from .lora_config import LoraConfig
    from .metadata_filter import MetadataFilter
    from .own_search_owner import OwnSearchOwner
    from .sampling_prefill_billing_event import SamplingPrefillBillingEvent
    from .sampling_sample_billing_event import SamplingSampleBillingEvent
    from .session_active import SessionActive
    from .session_cancelled import SessionCancelled
    from .session_failed import SessionFailed
    from .session_failed_request_reason import SessionFailedRequestReason
    from .session_failed_sampling_session_reason import SessionFailedSamplingSessionReason
    from .session_failed_training_run_reason import SessionFailedTrainingRunReason
    from .session_search_cursor import SessionSearchCursor
    from .session_search_request import SessionSearchRequest
    from .session_search_response import SessionSearchResponse
    from .session_summary import SessionSummary
    from .session_trace_export import SessionTraceExport
    from .set_checkpoint_ttl_request import SetCheckpointTtlRequest
    from .storage_billing_event import StorageBillingEvent
    from .supported_model import SupportedModel
    from .training_billing_event import TrainingBillingEvent
    from .training_run import TrainingRun
    from .training_runs_response import TrainingRunsResponse
    from .upload_headers import UploadHeaders
    from .upload_url import UploadUrl
    from .upload_urls import UploadUrls
    from .user_metadata import UserMetadata
    from .user_search_owner import UserSearchOwner
    from .validation_issue import ValidationIssue
    from .weights_info_request import WeightsInfoRequest
    from .weights_info_response import WeightsInfoResponse

_MODULES = {
    "AccessScope": ".access_scope",
    "AccessibleSearchOwner": ".accessible_search_owner",
    "ActiveSessionStatusQuery": ".active_session_status_query",
    "AdamOptimizerConfig": ".adam_optimizer_config",
    "ApiError": ".api_error",
    "AssignSessionProjectRequest": ".assign_session_project_request",
    "AuditEventDetails": ".audit_event_details",
    "AuditEventType": ".audit_event_type",
    "AuditLogEntry": ".audit_log_entry",
    "AuditLogResponse": ".audit_log_response",
    "AuthTokenRequest": ".auth_token_request",
    "AuthTokenResponse": ".auth_token_response",
    "BillingUsageEvent": ".billing_usage_event",
    "BillingUsageResponse": ".billing_usage_response",
    "BillingUsageSession": ".billing_usage_session",
    "BillingUsageSessions": ".billing_usage_sessions",
    "CancelledSessionStatusQuery": ".cancelled_session_status_query",
    "Checkpoint": ".checkpoint",
    "CheckpointBillingEvent": ".checkpoint_billing_event",
    "CheckpointKind": ".checkpoint_kind",
    "CheckpointSearchCursor": ".checkpoint_search_cursor",
    "CheckpointSearchRequest": ".checkpoint_search_request",
    "CheckpointSearchResponse": ".checkpoint_search_response",
    "CheckpointsListResponse": ".checkpoints_list_response",
    "ClientConfigRequest": ".client_config_request",
    "ClientConfigResponse": ".client_config_response",
    "ClientFinishedSessionStatusQuery": ".client_finished_session_status_query",
    "ClientSessionFinishErrored": ".client_session_finish_errored",
    "ClientSessionFinishInterrupted": ".client_session_finish_interrupted",
    "ClientSessionFinishSuccess": ".client_session_finish_success",
    "ClientSessionFinished": ".client_session_finished",
    "CopyWeightsRequest": ".copy_weights_request",
    "CopyWeightsResponse": ".copy_weights_response",
    "CurrentCheckpointStorageUsageItem": ".current_checkpoint_storage_usage_item",
    "CurrentCheckpointStorageUsageResponse": ".current_checkpoint_storage_usage_response",
    "Cursor": ".cursor",
    "DimuonOptimizerConfig": ".dimuon_optimizer_config",
    "ExternalWeightsUploadFinishRequest": ".external_weights_upload_finish_request",
    "ExternalWeightsUploadFinishResponse": ".external_weights_upload_finish_response",
    "ExternalWeightsUploadStartRequest": ".external_weights_upload_start_request",
    "ExternalWeightsUploadStartResponse": ".external_weights_upload_start_response",
    "ExternalWeightsUrlsResponse": ".external_weights_urls_response",
    "FailedSessionStatusQuery": ".failed_session_status_query",
    "FileUrls": ".file_urls",
    "GetSamplerResponse": ".get_sampler_response",
    "GetServerCapabilitiesResponse": ".get_server_capabilities_response",
    "GetSessionResponse": ".get_session_response",
    "KnownCheckpointType": ".known_checkpoint_type",
    "KnownCredentialSource": ".known_credential_source",
    "KnownFailureCategory": ".known_failure_category",
    "KnownFinishReasonType": ".known_finish_reason_type",
    "KnownTraceExportStatus": ".known_trace_export_status",
    "ListSessionsResponse": ".list_sessions_response",
    "LoraConfig": ".lora_config",
    "MetadataFilter": ".metadata_filter",
    "OwnSearchOwner": ".own_search_owner",
    "SamplingPrefillBillingEvent": ".sampling_prefill_billing_event",
    "SamplingSampleBillingEvent": ".sampling_sample_billing_event",
    "SessionActive": ".session_active",
    "SessionCancelled": ".session_cancelled",
    "SessionFailed": ".session_failed",
    "SessionFailedRequestReason": ".session_failed_request_reason",
    "SessionFailedSamplingSessionReason": ".session_failed_sampling_session_reason",
    "SessionFailedTrainingRunReason": ".session_failed_training_run_reason",
    "SessionSearchCursor": ".session_search_cursor",
    "SessionSearchRequest": ".session_search_request",
    "SessionSearchResponse": ".session_search_response",
    "SessionSummary": ".session_summary",
    "SessionTraceExport": ".session_trace_export",
    "SetCheckpointTtlRequest": ".set_checkpoint_ttl_request",
    "StorageBillingEvent": ".storage_billing_event",
    "SupportedModel": ".supported_model",
    "TrainingBillingEvent": ".training_billing_event",
    "TrainingRun": ".training_run",
    "TrainingRunsResponse": ".training_runs_response",
    "UploadHeaders": ".upload_headers",
    "UploadUrl": ".upload_url",
    "UploadUrls": ".upload_urls",
    "UserMetadata": ".user_metadata",
    "UserSearchOwner": ".user_search_owner",
    "ValidationIssue": ".validation_issue",
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
    "AccessibleSearchOwner",
    "AccessScope",
    "ActiveSessionStatusQuery",
    "AdamOptimizerConfig",
    "ApiError",
    "AssignSessionProjectRequest",
    "AuditEventDetails",
    "AuditEventType",
    "AuditLogEntry",
    "AuditLogResponse",
    "AuthTokenRequest",
    "AuthTokenResponse",
    "BillingUsageEvent",
    "BillingUsageResponse",
    "BillingUsageSession",
    "BillingUsageSessions",
    "CancelledSessionStatusQuery",
    "Checkpoint",
    "CheckpointBillingEvent",
    "CheckpointKind",
    "CheckpointSearchCursor",
    "CheckpointSearchRequest",
    "CheckpointSearchResponse",
    "CheckpointsListResponse",
    "ClientConfigRequest",
    "ClientConfigResponse",
    "ClientFinishedSessionStatusQuery",
    "ClientSessionFinished",
    "ClientSessionFinishErrored",
    "ClientSessionFinishInterrupted",
    "ClientSessionFinishSuccess",
    "CopyWeightsRequest",
    "CopyWeightsResponse",
    "CurrentCheckpointStorageUsageItem",
    "CurrentCheckpointStorageUsageResponse",
    "Cursor",
    "DimuonOptimizerConfig",
    "ExternalWeightsUploadFinishRequest",
    "ExternalWeightsUploadFinishResponse",
    "ExternalWeightsUploadStartRequest",
    "ExternalWeightsUploadStartResponse",
    "ExternalWeightsUrlsResponse",
    "FailedSessionStatusQuery",
    "FileUrls",
    "GetSamplerResponse",
    "GetServerCapabilitiesResponse",
    "GetSessionResponse",
    "KnownCheckpointType",
    "KnownCredentialSource",
    "KnownFailureCategory",
    "KnownFinishReasonType",
    "KnownTraceExportStatus",
    "ListSessionsResponse",
    "LoraConfig",
    "MetadataFilter",
    "OwnSearchOwner",
    "SamplingPrefillBillingEvent",
    "SamplingSampleBillingEvent",
    "SessionActive",
    "SessionCancelled",
    "SessionFailed",
    "SessionFailedRequestReason",
    "SessionFailedSamplingSessionReason",
    "SessionFailedTrainingRunReason",
    "SessionSearchCursor",
    "SessionSearchRequest",
    "SessionSearchResponse",
    "SessionSummary",
    "SessionTraceExport",
    "SetCheckpointTtlRequest",
    "StorageBillingEvent",
    "SupportedModel",
    "TrainingBillingEvent",
    "TrainingRun",
    "TrainingRunsResponse",
    "UploadHeaders",
    "UploadUrl",
    "UploadUrls",
    "UserMetadata",
    "UserSearchOwner",
    "ValidationIssue",
    "WeightsInfoRequest",
    "WeightsInfoResponse",
)
