# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.auth_token_request import AuthTokenRequest
from ...models.auth_token_response import AuthTokenResponse
from ...models.error import Error
from ...types import Response


def _get_kwargs(
    *,
    body: AuthTokenRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/auth/token",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuthTokenResponse | Error:
    if response.status_code == 200:
        response_200 = AuthTokenResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = Error.from_dict(response.json())

        return response_402

    if response.status_code == 403:
        response_403 = Error.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

    if response.status_code == 422:
        response_422 = Error.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Error.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = Error.from_dict(response.json())

        return response_503

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AuthTokenResponse | Error]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: AuthTokenRequest,
) -> Response[AuthTokenResponse | Error]:
    """Exchange a credential for a JSON Web Token

     Exchanges the credential in the `X-API-Key` header for a JSON Web Token, which replaces it for a few
    minutes. The token's claims `iat` and `exp` are seconds since 1970 (UTC); `sub`, `org_id` and
    `email`
    identify the caller. When the server no longer accepts a token, it answers 401 with
    `WWW-Authenticate: Bearer error="invalid_token"`.

    Args:
        body (AuthTokenRequest): An empty object, since the credential is in the header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthTokenResponse | Error]
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
    body: AuthTokenRequest,
) -> AuthTokenResponse | Error | None:
    """Exchange a credential for a JSON Web Token

     Exchanges the credential in the `X-API-Key` header for a JSON Web Token, which replaces it for a few
    minutes. The token's claims `iat` and `exp` are seconds since 1970 (UTC); `sub`, `org_id` and
    `email`
    identify the caller. When the server no longer accepts a token, it answers 401 with
    `WWW-Authenticate: Bearer error="invalid_token"`.

    Args:
        body (AuthTokenRequest): An empty object, since the credential is in the header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthTokenResponse | Error
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: AuthTokenRequest,
) -> Response[AuthTokenResponse | Error]:
    """Exchange a credential for a JSON Web Token

     Exchanges the credential in the `X-API-Key` header for a JSON Web Token, which replaces it for a few
    minutes. The token's claims `iat` and `exp` are seconds since 1970 (UTC); `sub`, `org_id` and
    `email`
    identify the caller. When the server no longer accepts a token, it answers 401 with
    `WWW-Authenticate: Bearer error="invalid_token"`.

    Args:
        body (AuthTokenRequest): An empty object, since the credential is in the header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthTokenResponse | Error]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: AuthTokenRequest,
) -> AuthTokenResponse | Error | None:
    """Exchange a credential for a JSON Web Token

     Exchanges the credential in the `X-API-Key` header for a JSON Web Token, which replaces it for a few
    minutes. The token's claims `iat` and `exp` are seconds since 1970 (UTC); `sub`, `org_id` and
    `email`
    identify the caller. When the server no longer accepts a token, it answers 401 with
    `WWW-Authenticate: Bearer error="invalid_token"`.

    Args:
        body (AuthTokenRequest): An empty object, since the credential is in the header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthTokenResponse | Error
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
