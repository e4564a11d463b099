# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.api_error import ApiError
from ...models.external_weights_urls_response import ExternalWeightsUrlsResponse
from ...types import Response


def _get_kwargs(
    training_run_id: str,
    checkpoint_name: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/training_runs/{training_run_id}/checkpoints/external_weights/{checkpoint_name}/external_weights_urls".format(
            training_run_id=quote(str(training_run_id), safe=""),
            checkpoint_name=quote(str(checkpoint_name), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiError | ExternalWeightsUrlsResponse | None:
    if response.status_code == 200:
        response_200 = ExternalWeightsUrlsResponse.from_dict(response.json())

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
) -> Response[ApiError | ExternalWeightsUrlsResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    training_run_id: str,
    checkpoint_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ApiError | ExternalWeightsUrlsResponse]:
    """Get download URLs for external weights

     Returns a signed URL for each file of a checkpoint of the kind `external_weights`. The URLs are on
    another host and need no API key: anyone who has one can download its file. Exported files may be
    encrypted with age (`.age`): open them with `age --decrypt -i key.txt FILE.age`.

    Args:
        training_run_id (str):
        checkpoint_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | ExternalWeightsUrlsResponse]
    """

    kwargs = _get_kwargs(
        training_run_id=training_run_id,
        checkpoint_name=checkpoint_name,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    training_run_id: str,
    checkpoint_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> ApiError | ExternalWeightsUrlsResponse | None:
    """Get download URLs for external weights

     Returns a signed URL for each file of a checkpoint of the kind `external_weights`. The URLs are on
    another host and need no API key: anyone who has one can download its file. Exported files may be
    encrypted with age (`.age`): open them with `age --decrypt -i key.txt FILE.age`.

    Args:
        training_run_id (str):
        checkpoint_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | ExternalWeightsUrlsResponse
    """

    return sync_detailed(
        training_run_id=training_run_id,
        checkpoint_name=checkpoint_name,
        client=client,
    ).parsed


async def asyncio_detailed(
    training_run_id: str,
    checkpoint_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ApiError | ExternalWeightsUrlsResponse]:
    """Get download URLs for external weights

     Returns a signed URL for each file of a checkpoint of the kind `external_weights`. The URLs are on
    another host and need no API key: anyone who has one can download its file. Exported files may be
    encrypted with age (`.age`): open them with `age --decrypt -i key.txt FILE.age`.

    Args:
        training_run_id (str):
        checkpoint_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | ExternalWeightsUrlsResponse]
    """

    kwargs = _get_kwargs(
        training_run_id=training_run_id,
        checkpoint_name=checkpoint_name,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    training_run_id: str,
    checkpoint_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> ApiError | ExternalWeightsUrlsResponse | None:
    """Get download URLs for external weights

     Returns a signed URL for each file of a checkpoint of the kind `external_weights`. The URLs are on
    another host and need no API key: anyone who has one can download its file. Exported files may be
    encrypted with age (`.age`): open them with `age --decrypt -i key.txt FILE.age`.

    Args:
        training_run_id (str):
        checkpoint_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | ExternalWeightsUrlsResponse
    """

    return (
        await asyncio_detailed(
            training_run_id=training_run_id,
            checkpoint_name=checkpoint_name,
            client=client,
        )
    ).parsed
