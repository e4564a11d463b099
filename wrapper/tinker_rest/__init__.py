"""A small client for the REST part of Tinker: training runs, checkpoints, sessions and samplers.

    from tinker_rest import RestClient

    with RestClient() as client:
        for checkpoint in client.list_user_checkpoints().result().checkpoints:
            print(checkpoint.tinker_path)

Everything a program needs is importable from here and from `tinker_rest.types`; each name is loaded when it
is first used. Logging goes to the logger `tinker_rest` and is off until a program turns it on.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinker_rest import types
    from tinker_rest.admin_client import AdminClient
    from tinker_rest.bulk.outcomes import BulkOutcome, BulkProgress, BulkResult
    from tinker_rest.calling.retries import RetryEvent
    from tinker_rest.description import SPEC_SHA256, SPEC_VERSION
    from tinker_rest.download.results import DownloadProgress, DownloadResult
    from tinker_rest.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        BillingError,
        BulkError,
        ClientClosedError,
        ConflictError,
        CredentialsError,
        DownloadError,
        ExperimentalWarning,
        InternalServerError,
        InvalidArgumentError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        SessionTraceExportError,
        TinkerError,
        UnprocessableEntityError,
    )
    from tinker_rest.futures import APIFuture
    from tinker_rest.iteration.paged_items import PagedItems
    from tinker_rest.rest_client import RestClient
    from tinker_rest.selection import CheckpointSelection
    from tinker_rest.service_client import ServiceClient
    from tinker_rest.tinker_path import ParsedCheckpointTinkerPath
    from tinker_rest.types import (
        AdamOptimizerConfig,
        Checkpoint,
        CheckpointType,
        DimuonOptimizerConfig,
        ModelID,
        TrainingRun,
    )

__version__ = "0.1.0"

_MODULE_OF = {
    "APIFuture": "futures",
    "AdamOptimizerConfig": "types",
    "AdminClient": "admin_client",
    "BulkOutcome": "bulk.outcomes",
    "BulkProgress": "bulk.outcomes",
    "BulkResult": "bulk.outcomes",
    "Checkpoint": "types",
    "CheckpointSelection": "selection",
    "CheckpointType": "types",
    "DimuonOptimizerConfig": "types",
    "DownloadProgress": "download.results",
    "DownloadResult": "download.results",
    "ModelID": "types",
    "PagedItems": "iteration.paged_items",
    "ParsedCheckpointTinkerPath": "tinker_path",
    "RestClient": "rest_client",
    "RetryEvent": "calling.retries",
    "SPEC_SHA256": "description",
    "SPEC_VERSION": "description",
    "ServiceClient": "service_client",
    "TrainingRun": "types",
}


# Of the official SDK; whoever changes the import lines of a whole program meets them.
_NOT_HERE = (
    "TrainingClient",
    "SamplingClient",
    "Datum",
    "LoraConfig",
    "ModelInput",
    "SamplingParams",
    "AdamParams",
)

if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name):
        if name == "types":
            return import_module("tinker_rest.types")
        if name not in __all__:
            hint = "; training and sampling are in the official SDK, tinker" if name in _NOT_HERE else ""
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
        value = getattr(import_module(f"tinker_rest.{_MODULE_OF.get(name, 'errors')}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "SPEC_SHA256",
    "SPEC_VERSION",
    "APIConnectionError",
    "APIError",
    "APIFuture",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AdamOptimizerConfig",
    "AdminClient",
    "AuthenticationError",
    "BadRequestError",
    "BillingError",
    "BulkError",
    "BulkOutcome",
    "BulkProgress",
    "BulkResult",
    "Checkpoint",
    "CheckpointSelection",
    "CheckpointType",
    "ClientClosedError",
    "ConflictError",
    "CredentialsError",
    "DimuonOptimizerConfig",
    "DownloadError",
    "DownloadProgress",
    "DownloadResult",
    "ExperimentalWarning",
    "InternalServerError",
    "InvalidArgumentError",
    "ModelID",
    "NotFoundError",
    "PagedItems",
    "ParsedCheckpointTinkerPath",
    "PermissionDeniedError",
    "RateLimitError",
    "RestClient",
    "RetryEvent",
    "ServiceClient",
    "SessionTraceExportError",
    "TinkerError",
    "TrainingRun",
    "UnprocessableEntityError",
    "types",
]
