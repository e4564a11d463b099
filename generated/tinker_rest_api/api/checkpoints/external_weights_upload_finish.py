# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.api_error import ApiError
from ...models.external_weights_upload_finish_request import ExternalWeightsUploadFinishRequest
from ...models.external_weights_upload_finish_response import ExternalWeightsUploadFinishResponse
from ...types import Response


def _get_kwargs(
    *,
    body: ExternalWeightsUploadFinishRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/external_weights_upload_finish",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiError | ExternalWeightsUploadFinishResponse | None:
    if response.status_code == 200:
        response_200 = ExternalWeightsUploadFinishResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ApiError.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ApiError.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = ApiError.from_dict(response.json())

        return response_402

    if response.status_code == 403:
        response_403 = ApiError.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ApiError.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = ApiError.from_dict(response.json())

        return response_405

    if response.status_code == 413:
        response_413 = ApiError.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = ApiError.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = ApiError.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = ApiError.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ApiError.from_dict(response.json())

        return response_500

    if response.status_code == 501:
        response_501 = ApiError.from_dict(response.json())

        return response_501

    if response.status_code == 503:
        response_503 = ApiError.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ApiError | ExternalWeightsUploadFinishResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ExternalWeightsUploadFinishRequest,
) -> Response[ApiError | ExternalWeightsUploadFinishResponse]:
    """Finish uploading external weights

     Makes a checkpoint of the kind `external_weights` from the uploaded files and returns its tinker
    path.
    Experimental: servers may change or remove this operation.

    Args:
        body (ExternalWeightsUploadFinishRequest): The upload to finish.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | ExternalWeightsUploadFinishResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: ExternalWeightsUploadFinishRequest,
) -> ApiError | ExternalWeightsUploadFinishResponse | None:
    """Finish uploading external weights

     Makes a checkpoint of the kind `external_weights` from the uploaded files and returns its tinker
    path.
    Experimental: servers may change or remove this operation.

    Args:
        body (ExternalWeightsUploadFinishRequest): The upload to finish.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | ExternalWeightsUploadFinishResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ExternalWeightsUploadFinishRequest,
) -> Response[ApiError | ExternalWeightsUploadFinishResponse]:
    """Finish uploading external weights

     Makes a checkpoint of the kind `external_weights` from the uploaded files and returns its tinker
    path.
    Experimental: servers may change or remove this operation.

    Args:
        body (ExternalWeightsUploadFinishRequest): The upload to finish.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | ExternalWeightsUploadFinishResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: ExternalWeightsUploadFinishRequest,
) -> ApiError | ExternalWeightsUploadFinishResponse | None:
    """Finish uploading external weights

     Makes a checkpoint of the kind `external_weights` from the uploaded files and returns its tinker
    path.
    Experimental: servers may change or remove this operation.

    Args:
        body (ExternalWeightsUploadFinishRequest): The upload to finish.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | ExternalWeightsUploadFinishResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
