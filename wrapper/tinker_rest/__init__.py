"""A small client for the REST part of Tinker: training runs, checkpoints, sessions and samplers.

    from tinker_rest import RestClient

    with RestClient() as client:
        for checkpoint in client.list_user_checkpoints().result().checkpoints:
            print(checkpoint.tinker_path)

Everything that a program needs can be imported from here and from `tinker_rest.types`; each name is loaded when it
is first used. Logging goes to the logger `tinker_rest` and is off until a program turns it on.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tinker_rest._version import __version__ as __version__

# ruff: noqa: F403 - type checkers read the names here; `_NAMES_OF` lists them for everyone else
if TYPE_CHECKING:
    from tinker_rest import types as types
    from tinker_rest._retry import RetryEvent as RetryEvent
    from tinker_rest.bulk import *
    from tinker_rest.client import *
    from tinker_rest.downloads import *
    from tinker_rest.errors import *
    from tinker_rest.futures import APIFuture as APIFuture
    from tinker_rest.pagination import *
    from tinker_rest.paths import ParsedCheckpointTinkerPath as ParsedCheckpointTinkerPath
    from tinker_rest.rows import to_rows as to_rows
    from tinker_rest.selection import CheckpointSelection as CheckpointSelection
    from tinker_rest.selection import SelectedCheckpoints as SelectedCheckpoints
    from tinker_rest.types import AdamOptimizerConfig as AdamOptimizerConfig
    from tinker_rest.types import Checkpoint as Checkpoint
    from tinker_rest.types import CheckpointType as CheckpointType
    from tinker_rest.types import DimuonOptimizerConfig as DimuonOptimizerConfig
    from tinker_rest.types import LoraConfig as LoraConfig
    from tinker_rest.types import ModelID as ModelID
    from tinker_rest.types import TrainingRun as TrainingRun
    from tinker_rest.uploads import *
    from tinker_rest_api.spec_digest import SPEC_SHA256 as SPEC_SHA256
    from tinker_rest_api.spec_digest import SPEC_VERSION as SPEC_VERSION

_NAMES_OF = {
    "tinker_rest.client": "AdminClient RestClient ServiceClient",
    "tinker_rest.errors": """
        APIConnectionError APIError APIResponseError APIResponseValidationError APIStatusError APITimeoutError
        AuthenticationError BadRequestError BillingError ClientClosedError ConflictError CredentialsError
        DownloadError InternalServerError InvalidArgumentError NotFoundError PermissionDeniedError RateLimitError
        SessionTraceExportError TinkerError UnprocessableEntityError UploadError
    """,
    "tinker_rest._retry": "RetryEvent",
    "tinker_rest.futures": "APIFuture",
    "tinker_rest.pagination": "ItemIterator PageIterator Paginator",
    "tinker_rest.bulk": "BulkError BulkOutcome BulkProgress BulkResult BulkStatus",
    "tinker_rest.downloads": "DownloadProgress DownloadResult find_downloads verify_download",
    "tinker_rest.paths": "ParsedCheckpointTinkerPath",
    "tinker_rest.rows": "to_rows",
    "tinker_rest.selection": "CheckpointSelection SelectedCheckpoints",
    "tinker_rest.types": """
        AdamOptimizerConfig Checkpoint CheckpointType DimuonOptimizerConfig LoraConfig ModelID TrainingRun types
    """,
    "tinker_rest.uploads": "UploadProgress",
    "tinker_rest_api.spec_digest": "SPEC_SHA256 SPEC_VERSION",
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names.split()}

__all__ = [*_MODULE_OF]

# What programs written for the official SDK may import, and why it is not here.
_OF_TRAINING = """
    AdamParams BackcompatSamplingClientFuture BackcompatTrainingClientFuture Datum DimuonParams DmelChunk
    EncodedTextChunk ForwardBackwardOutput LossHandle ModelInput ModelInputChunk OptimParams
    OptimStepRequest OptimStepResponse PerDatumLossFn PromptProvenanceSpan SampledProvenanceSpan SampledSequence
    SampleRequest SampleResponse SamplingClient SamplingParams StopReason TensorData TensorDtype TrainingClient
"""
_NOT_HERE = {
    "auth": "RestClient().whoami() checks a key",
    "ExperimentalWarning": "no REST operation gives it",
    "RequestFailedError": "no REST operation raises it",
    "RequestOptions": "give options to a client or to with_options",
    "Timeout": "give seconds as timeout= to a client or to with_options",
} | dict.fromkeys(_OF_TRAINING.split(), "training and sampling are in the official SDK, tinker")

if not TYPE_CHECKING:  # else type checkers would accept every name

    def __getattr__(name):
        if name not in _MODULE_OF:
            hint = f"; {_NOT_HERE[name]}" if name in _NOT_HERE else ""
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
        module = import_module(_MODULE_OF[name])
        globals()[name] = value = module if name == "types" else getattr(module, name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
