# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.api_error import ApiError
from ...models.audit_event_type import AuditEventType
from ...models.audit_log_response import AuditLogResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    event_type: AuditEventType | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_event_type: str | Unset = UNSET
    if not isinstance(event_type, Unset):
        json_event_type = event_type.value

    params["event_type"] = json_event_type

    json_day: str | Unset = UNSET
    if not isinstance(day, Unset):
        json_day = day.isoformat()
    params["day"] = json_day

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/audit",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | ApiError | AuditLogResponse | None:
    if response.status_code == 200:
        response_200 = AuditLogResponse.from_dict(response.json())

        return response_200

    if response.status_code == 302:
        response_302 = cast(Any, None)
        return response_302

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
) -> Response[Any | ApiError | AuditLogResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    event_type: AuditEventType | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
) -> Response[Any | ApiError | AuditLogResponse]:
    """Get one day of the audit log

     Returns what happened in the caller's organization on one day, from midnight to midnight UTC.
    Requires
    the administrator role. The server may redirect to a signed URL of the same document on another
    host:
    the URL needs no API key, and you must not send the key there.

    Args:
        event_type (AuditEventType | Unset): Which events to return: those of one kind of
            resource, or `all`.
        day (datetime.date | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ApiError | AuditLogResponse]
    """

    kwargs = _get_kwargs(
        event_type=event_type,
        day=day,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    event_type: AuditEventType | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
) -> Any | ApiError | AuditLogResponse | None:
    """Get one day of the audit log

     Returns what happened in the caller's organization on one day, from midnight to midnight UTC.
    Requires
    the administrator role. The server may redirect to a signed URL of the same document on another
    host:
    the URL needs no API key, and you must not send the key there.

    Args:
        event_type (AuditEventType | Unset): Which events to return: those of one kind of
            resource, or `all`.
        day (datetime.date | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ApiError | AuditLogResponse
    """

    return sync_detailed(
        client=client,
        event_type=event_type,
        day=day,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    event_type: AuditEventType | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
) -> Response[Any | ApiError | AuditLogResponse]:
    """Get one day of the audit log

     Returns what happened in the caller's organization on one day, from midnight to midnight UTC.
    Requires
    the administrator role. The server may redirect to a signed URL of the same document on another
    host:
    the URL needs no API key, and you must not send the key there.

    Args:
        event_type (AuditEventType | Unset): Which events to return: those of one kind of
            resource, or `all`.
        day (datetime.date | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ApiError | AuditLogResponse]
    """

    kwargs = _get_kwargs(
        event_type=event_type,
        day=day,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    event_type: AuditEventType | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
) -> Any | ApiError | AuditLogResponse | None:
    """Get one day of the audit log

     Returns what happened in the caller's organization on one day, from midnight to midnight UTC.
    Requires
    the administrator role. The server may redirect to a signed URL of the same document on another
    host:
    the URL needs no API key, and you must not send the key there.

    Args:
        event_type (AuditEventType | Unset): Which events to return: those of one kind of
            resource, or `all`.
        day (datetime.date | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ApiError | AuditLogResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            event_type=event_type,
            day=day,
        )
    ).parsed
