"""The methods of `RestClient` that upload external weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from tinker_rest import _arguments as arguments
from tinker_rest._base import BaseClient
from tinker_rest._lazy import LazyModule, models, types
from tinker_rest._methods import parsing, uploads
from tinker_rest._retry import Policy
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.paths import segment

api = LazyModule("tinker_rest_api.api.checkpoints")


class UploadMethods(BaseClient):
    """Uploads external weights; see `RestClient`."""

    def external_weights_upload_start(
        self, base_model: str, lora_config: types.LoraConfig, destination_project_id: str | None = None
    ) -> APIFuture[types.ExternalWeightsUploadStartResponse]:
        """Start an upload of external weights, and get a signed URL for each file.

        Experimental: servers may change or remove this operation. `upload_external_weights` does the whole upload.
        Calls the operation `external_weights_upload_start`.

        Args:
            base_model: The model that the adapter was trained for.
            lora_config: The settings of the adapter.
            destination_project_id: The ID of the project to put the checkpoint in; None, the default, for none.

        Raises:
            BadRequestError: The server does not take such weights (raised by the future).
            NotFoundError: The project does not exist (raised by the future).
        """
        return self._starter(base_model, lora_config, destination_project_id)()

    def external_weights_upload_finish(
        self, upload_id: str
    ) -> APIFuture[types.ExternalWeightsUploadFinishResponse]:
        """Make a checkpoint of the uploaded files, and get its tinker path.

        Experimental: servers may change or remove this operation. Calls the operation
        `external_weights_upload_finish`.

        Args:
            upload_id: The `upload_id` in the result of `external_weights_upload_start`.

        Raises:
            BadRequestError: A file is missing, or is not what the server expects (raised by the future).
            NotFoundError: The upload does not exist, or is finished (raised by the future).
        """
        return self._finish(segment("upload_id", upload_id, allow_slash=True))

    def upload_external_weights(
        self,
        folder: str | os.PathLike[str],
        *,
        base_model: str,
        lora_config: types.LoraConfig,
        destination_project_id: str | None = None,
        progress: Callable[[uploads.UploadProgress], object] | None = None,
    ) -> APIFuture[str]:
        """Upload a LoRA adapter from a folder, and get the tinker path of the new checkpoint.

        Experimental: servers may change or remove this operation. Sends up to four files at once, each in pieces
        to save memory. A file that fails is sent again, and if the signed URLs expire, the upload starts over. No
        checkpoint is created unless all files were uploaded. Calls the operations `external_weights_upload_start`
        and `external_weights_upload_finish`.

        Args:
            folder: The folder, with files in the format of external weights that you download:
                `adapter_config.json` and `adapter_model.safetensors`.
            base_model: The model that the adapter was trained for.
            lora_config: The settings of the adapter.
            destination_project_id: The ID of the project to put the checkpoint in; None, the default, for none.
            progress: Called with an `UploadProgress` about ten times a second, in a thread of the upload.

        Raises:
            InvalidArgumentError: The folder contains no adapter, or one of another rank; nothing was sent.
            UploadError: A file could not be uploaded; the message lists what was (raised by the future).
            BadRequestError: The server does not take such weights (raised by the future).
        """
        arguments.hook("progress", progress)
        upload = uploads.Upload(
            start=self._starter(base_model, lora_config, destination_project_id),
            files=uploads.find_files(folder, lora_config.rank),
            progress=progress,
            finish=self._finish,
        )
        return self._run("upload_external_weights", upload.run)

    external_weights_upload_start_async = async_variant(external_weights_upload_start)
    external_weights_upload_finish_async = async_variant(external_weights_upload_finish)
    upload_external_weights_async = async_variant(upload_external_weights)

    def _starter(
        self, base_model: str, lora_config: types.LoraConfig, project_id: str | None
    ) -> Callable[[], APIFuture[types.ExternalWeightsUploadStartResponse]]:
        """Check the arguments of an upload, and return a function that starts it."""
        project = None if project_id is None else segment("destination_project_id", project_id, allow_slash=True)
        body = models.ExternalWeightsUploadStartRequest(
            base_model=segment("base_model", base_model, allow_slash=True),
            lora_config=arguments.lora_config(lora_config),
            destination_project_id=project,
        )
        policy = Policy(is_secret=True)
        read = parsing.started_upload
        return partial(self._submit, api.external_weights_upload_start, body=body, policy=policy, read=read)

    def _finish(self, upload_id: str) -> APIFuture[types.ExternalWeightsUploadFinishResponse]:
        body = models.ExternalWeightsUploadFinishRequest(upload_id=upload_id)
        return self._submit(api.external_weights_upload_finish, body=body)
