"""The methods of `RestClient` for weights: what they are, where their files are, and copies of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tinker_rest.calling import answers
from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.calling.calls import Carried
from tinker_rest.errors import InvalidArgumentError
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.methods.arguments import check_project_id, check_ttl, check_weights_access_token
from tinker_rest.redaction import shown
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath
from tinker_rest_api.types import UNSET

if TYPE_CHECKING:
    from tinker_rest.types import ExternalWeightsUrlsResponse, WeightsInfoResponse

PROJECT_VARIABLE = "TINKER_PROJECT_ID"


class WeightsMethods(CallingClient):
    """Looks up and copies weights; see `RestClient`."""

    def get_weights_info_by_tinker_path(self, tinker_path: str) -> APIFuture[WeightsInfoResponse]:
        """Get what is needed to load a checkpoint: the base model, the optimizer and the LoRA settings.

        Args:
            tinker_path: The address of one's own or a public checkpoint, `tinker://RUN_ID/weights/NAME`.

        Raises:
            NotFoundError: By the future: there is no such checkpoint, or one may not read it.

        Calls the operation `get_weights_info_by_tinker_path`.
        """
        from tinker_rest_api.api.checkpoints.get_weights_info_by_tinker_path import OPERATION
        from tinker_rest_api.models.weights_info_request import WeightsInfoRequest

        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        request = OPERATION.build_request(body=WeightsInfoRequest(tinker_path=path.tinker_path))
        return self._call(OPERATION, request, answers.with_default_optimizer)

    def get_external_weights_urls(self, tinker_path: str) -> APIFuture[ExternalWeightsUrlsResponse]:
        """Get a signed URL for each file of external weights.

        The URLs work until `expires` (UTC) of the result and need no API key: whoever has one can download its
        file. The repr of the result does not show them.

        Args:
            tinker_path: The address of the weights, `tinker://RUN_ID/external_weights/NAME`.

        Raises:
            NotFoundError: By the future: there are no such weights, or one may not read them.

        Calls the operation `get_external_weights_urls`.
        """
        return self._submit(self._external_weights_call(tinker_path))

    def copy_weights(
        self,
        path: str,
        destination_project_id: str | None = None,
        *,
        ttl_seconds: int | None = None,
        weights_access_token: str | None = None,
    ) -> APIFuture[str]:
        """Copy a checkpoint into a project, and get the tinker path of the copy.

        The copy is of the same kind, shares the storage of its source and belongs to a new training run that
        cannot be trained on. Repetitions of a request carry the same idempotency key, so that one call makes one
        copy.

        Args:
            path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            destination_project_id: The id of the project that the copy will belong to. Default: the environment
                variable `TINKER_PROJECT_ID`.
            ttl_seconds: In how many seconds the copy expires, from 3600 (an hour) to 315360000 (ten years); None,
                the default, for never. The expiry of the source is not taken over.
            weights_access_token: A secret that lets one read weights of another account; None, the default, for
                weights that one may read anyway. It is sent as a header and shown nowhere.

        Raises:
            NotFoundError: By the future: there is no such checkpoint or project, or one may not read it.
            PermissionDeniedError: By the future: one may not add to the project.

        Calls the operation `copy_weights`.
        """
        from tinker_rest_api.api.checkpoints.copy_weights import OPERATION
        from tinker_rest_api.models.copy_weights_request import CopyWeightsRequest

        source = ParsedCheckpointTinkerPath.from_tinker_path(path)
        if destination_project_id is None:
            destination_project_id = os.environ.get(PROJECT_VARIABLE, "").strip() or None
            if destination_project_id is None:
                raise InvalidArgumentError(
                    f"there is no project to copy to: give destination_project_id or set {PROJECT_VARIABLE}"
                )
        body = CopyWeightsRequest(
            source_path=source.tinker_path,
            destination_project_id=check_project_id("destination_project_id", destination_project_id),
            ttl_seconds=check_ttl(ttl_seconds),
        )
        token = check_weights_access_token(weights_access_token)
        request = OPERATION.build_request(
            body=body, x_tinker_weights_access_token=UNSET if token is None else token
        )
        return self._call(OPERATION, request, answers.path_of_copy)

    get_weights_info_by_tinker_path_async = async_variant(get_weights_info_by_tinker_path)
    get_external_weights_urls_async = async_variant(get_external_weights_urls)
    copy_weights_async = async_variant(copy_weights)

    def _external_weights_call(self, tinker_path: str) -> Carried[ExternalWeightsUrlsResponse]:
        from tinker_rest_api.api.checkpoints.get_external_weights_urls import OPERATION

        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        if path.checkpoint_type != "external":
            raise InvalidArgumentError(
                f"tinker_path must be of external weights, tinker://RUN_ID/external_weights/NAME, "
                f"not {shown(tinker_path)}"
            )
        name = path.checkpoint_id.partition("/")[2]
        request = OPERATION.build_request(path.training_run_id, name)
        return self._prepare(OPERATION, request, OPERATION.read_success, is_secret=True)
