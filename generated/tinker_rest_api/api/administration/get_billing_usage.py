# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.api_error import ApiError
from ...models.billing_usage_response import BillingUsageResponse
from ...types import UNSET, Response


def _get_kwargs(
    *,
    starting_on: datetime.datetime,
    ending_before: datetime.datetime,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_starting_on = starting_on.isoformat()
    params["starting_on"] = json_starting_on

    json_ending_before = ending_before.isoformat()
    params["ending_before"] = json_ending_before

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/billing/usage/events",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiError | BillingUsageResponse | None:
    if response.status_code == 200:
        response_200 = BillingUsageResponse.from_dict(response.json())

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
) -> Response[ApiError | BillingUsageResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    starting_on: datetime.datetime,
    ending_before: datetime.datetime,
) -> Response[ApiError | BillingUsageResponse]:
    """Get billed usage for a time range

     Returns what the caller's organization used, by hour (UTC), kind of usage, model, user, session and
    project. Data appears after a few hours. Requires the administrator or billing administrator role.
    Costs are estimates in US dollars before credits and commitments, not what you will be invoiced.

    Args:
        starting_on (datetime.datetime):
        ending_before (datetime.datetime):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | BillingUsageResponse]
    """

    kwargs = _get_kwargs(
        starting_on=starting_on,
        ending_before=ending_before,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    starting_on: datetime.datetime,
    ending_before: datetime.datetime,
) -> ApiError | BillingUsageResponse | None:
    """Get billed usage for a time range

     Returns what the caller's organization used, by hour (UTC), kind of usage, model, user, session and
    project. Data appears after a few hours. Requires the administrator or billing administrator role.
    Costs are estimates in US dollars before credits and commitments, not what you will be invoiced.

    Args:
        starting_on (datetime.datetime):
        ending_before (datetime.datetime):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | BillingUsageResponse
    """

    return sync_detailed(
        client=client,
        starting_on=starting_on,
        ending_before=ending_before,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    starting_on: datetime.datetime,
    ending_before: datetime.datetime,
) -> Response[ApiError | BillingUsageResponse]:
    """Get billed usage for a time range

     Returns what the caller's organization used, by hour (UTC), kind of usage, model, user, session and
    project. Data appears after a few hours. Requires the administrator or billing administrator role.
    Costs are estimates in US dollars before credits and commitments, not what you will be invoiced.

    Args:
        starting_on (datetime.datetime):
        ending_before (datetime.datetime):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApiError | BillingUsageResponse]
    """

    kwargs = _get_kwargs(
        starting_on=starting_on,
        ending_before=ending_before,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    starting_on: datetime.datetime,
    ending_before: datetime.datetime,
) -> ApiError | BillingUsageResponse | None:
    """Get billed usage for a time range

     Returns what the caller's organization used, by hour (UTC), kind of usage, model, user, session and
    project. Data appears after a few hours. Requires the administrator or billing administrator role.
    Costs are estimates in US dollars before credits and commitments, not what you will be invoiced.

    Args:
        starting_on (datetime.datetime):
        ending_before (datetime.datetime):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApiError | BillingUsageResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            starting_on=starting_on,
            ending_before=ending_before,
        )
    ).parsed
