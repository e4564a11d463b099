# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.api_error import ApiError
from ...models.checkpoint_search_request import CheckpointSearchRequest
from ...models.checkpoint_search_response import CheckpointSearchResponse
from ...types import Response


def _get_kwargs(
    *,
    body: CheckpointSearchRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/checkpoints/search",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiError | CheckpointSearchResponse | None:
    if response.status_code == 200:
        response_200 = CheckpointSearchResponse.from_dict(response.json())

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
) -> Response[ApiError | CheckpointSearchResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CheckpointSearchRequest,
) -> Response[ApiError | CheckpointSearchResponse]:
    """Search checkpoints

     Returns one page of the checkpoints in the caller's organization that match every condition, newest
    first, from the projects that the caller can list. For the next page, pass `next_cursor` of the
    response
    as `cursor`, until it is null. Experimental: servers may change or remove this operation.

    Args:
        body (CheckpointSearchRequest): What to search for. A checkpoint must match every
            condition.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | CheckpointSearchResponse]
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
    body: CheckpointSearchRequest,
) -> ApiError | CheckpointSearchResponse | None:
    """Search checkpoints

     Returns one page of the checkpoints in the caller's organization that match every condition, newest
    first, from the projects that the caller can list. For the next page, pass `next_cursor` of the
    response
    as `cursor`, until it is null. Experimental: servers may change or remove this operation.

    Args:
        body (CheckpointSearchRequest): What to search for. A checkpoint must match every
            condition.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | CheckpointSearchResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CheckpointSearchRequest,
) -> Response[ApiError | CheckpointSearchResponse]:
    """Search checkpoints

     Returns one page of the checkpoints in the caller's organization that match every condition, newest
    first, from the projects that the caller can list. For the next page, pass `next_cursor` of the
    response
    as `cursor`, until it is null. Experimental: servers may change or remove this operation.

    Args:
        body (CheckpointSearchRequest): What to search for. A checkpoint must match every
            condition.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | CheckpointSearchResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CheckpointSearchRequest,
) -> ApiError | CheckpointSearchResponse | None:
    """Search checkpoints

     Returns one page of the checkpoints in the caller's organization that match every condition, newest
    first, from the projects that the caller can list. For the next page, pass `next_cursor` of the
    response
    as `cursor`, until it is null. Experimental: servers may change or remove this operation.

    Args:
        body (CheckpointSearchRequest): What to search for. A checkpoint must match every
            condition.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | CheckpointSearchResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
