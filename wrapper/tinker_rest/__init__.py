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
    from tinker_rest.calling.retries import RetryEvent
    from tinker_rest.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        BillingError,
        ClientClosedError,
        ConflictError,
        CredentialsError,
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
    from tinker_rest.rest_client import RestClient
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
    "Checkpoint": "types",
    "CheckpointType": "types",
    "DimuonOptimizerConfig": "types",
    "ModelID": "types",
    "ParsedCheckpointTinkerPath": "tinker_path",
    "RestClient": "rest_client",
    "RetryEvent": "calling.retries",
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
    "Checkpoint",
    "CheckpointType",
    "ClientClosedError",
    "ConflictError",
    "CredentialsError",
    "DimuonOptimizerConfig",
    "ExperimentalWarning",
    "InternalServerError",
    "InvalidArgumentError",
    "ModelID",
    "NotFoundError",
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
