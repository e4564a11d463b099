# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.api_error import ApiError
from ...models.copy_weights_request import CopyWeightsRequest
from ...models.copy_weights_response import CopyWeightsResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: CopyWeightsRequest,
    x_tinker_weights_access_token: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_tinker_weights_access_token, Unset):
        headers["X-Tinker-Weights-Access-Token"] = x_tinker_weights_access_token

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/copy_weights",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiError | CopyWeightsResponse | None:
    if response.status_code == 200:
        response_200 = CopyWeightsResponse.from_dict(response.json())

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
) -> Response[ApiError | CopyWeightsResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CopyWeightsRequest,
    x_tinker_weights_access_token: str | Unset = UNSET,
) -> Response[ApiError | CopyWeightsResponse]:
    """Copy a checkpoint into a project

     Copies a checkpoint into a project. The copy has the same kind, shares the storage of its source and
    belongs to a new training run that cannot be trained. It does not inherit the expiry of the source.
    Send the same `X-Idempotency-Key` with every retry; without it, a retry makes a second copy.

    Args:
        x_tinker_weights_access_token (str | Unset):
        body (CopyWeightsRequest): The checkpoint to copy, and where to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | CopyWeightsResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        x_tinker_weights_access_token=x_tinker_weights_access_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CopyWeightsRequest,
    x_tinker_weights_access_token: str | Unset = UNSET,
) -> ApiError | CopyWeightsResponse | None:
    """Copy a checkpoint into a project

     Copies a checkpoint into a project. The copy has the same kind, shares the storage of its source and
    belongs to a new training run that cannot be trained. It does not inherit the expiry of the source.
    Send the same `X-Idempotency-Key` with every retry; without it, a retry makes a second copy.

    Args:
        x_tinker_weights_access_token (str | Unset):
        body (CopyWeightsRequest): The checkpoint to copy, and where to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | CopyWeightsResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        x_tinker_weights_access_token=x_tinker_weights_access_token,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CopyWeightsRequest,
    x_tinker_weights_access_token: str | Unset = UNSET,
) -> Response[ApiError | CopyWeightsResponse]:
    """Copy a checkpoint into a project

     Copies a checkpoint into a project. The copy has the same kind, shares the storage of its source and
    belongs to a new training run that cannot be trained. It does not inherit the expiry of the source.
    Send the same `X-Idempotency-Key` with every retry; without it, a retry makes a second copy.

    Args:
        x_tinker_weights_access_token (str | Unset):
        body (CopyWeightsRequest): The checkpoint to copy, and where to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | CopyWeightsResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        x_tinker_weights_access_token=x_tinker_weights_access_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CopyWeightsRequest,
    x_tinker_weights_access_token: str | Unset = UNSET,
) -> ApiError | CopyWeightsResponse | None:
    """Copy a checkpoint into a project

     Copies a checkpoint into a project. The copy has the same kind, shares the storage of its source and
    belongs to a new training run that cannot be trained. It does not inherit the expiry of the source.
    Send the same `X-Idempotency-Key` with every retry; without it, a retry makes a second copy.

    Args:
        x_tinker_weights_access_token (str | Unset):
        body (CopyWeightsRequest): The checkpoint to copy, and where to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | CopyWeightsResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_tinker_weights_access_token=x_tinker_weights_access_token,
        )
    ).parsed
