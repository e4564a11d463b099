"""Examines what is on this machine: the address, versions, the key."""

from __future__ import annotations

import asyncio
import os
import platform
import time
import warnings
from datetime import UTC, datetime
from importlib.util import find_spec
from ipaddress import ip_address

import httpx

from tinker_rest import SPEC_SHA256, SPEC_VERSION, __version__
from tinker_rest.authentication.credentials import (
    COMMAND_SECONDS,
    COMMAND_VARIABLE,
    CommandCredential,
    Credential,
    FixedCredential,
    find_credential,
)
from tinker_rest.authentication.tokens import claims_of, expiry_of, is_token
from tinker_rest.errors import CredentialsError, InvalidArgumentError
from tinker_rest.network.base_url import BASE_URL_VARIABLE, PRODUCTION, resolve_base_url
from tinker_rest.redaction import one_line
from tinker_rest_cli.doctor.findings import Finding, Patience, failed
from tinker_rest_cli.failures import ExitStatus, explain
from tinker_rest_cli.texts import moment

_FAST = ("orjson", "uvloop")


def examine_versions() -> Finding:
    """Which versions there are of what matters."""
    fast = [name for name in _FAST if find_spec(name)]
    text = (
        f"tinker-rest {__version__}, API {SPEC_VERSION}, Python {platform.python_version()}, "
        f"{', '.join(fast) or 'no [fast]'}"
    )
    facts = {
        "tinker_rest": __version__,
        "spec": SPEC_VERSION,
        "spec_sha256": SPEC_SHA256,
        "python": platform.python_version(),
        "httpx": httpx.__version__,
        "fast": fast,
    }
    return Finding("versions", "ok", text, facts=facts)


def examine_address(base_url: str | None) -> tuple[Finding, str | None]:
    """Which server is meant; also its address, None where it cannot be one."""
    source = "--base-url" if base_url is not None else BASE_URL_VARIABLE
    if base_url is None and not os.environ.get(BASE_URL_VARIABLE):
        source = "default"
    try:
        found = resolve_base_url(base_url)
    except InvalidArgumentError as error:
        remedy = f"Correct {source}; without it, production is meant"
        return failed("address", str(error), remedy, ExitStatus.USAGE, {"source": source}), None
    facts = {"base_url": found, "source": source}
    text = f"{found}, {'production' if found == PRODUCTION else f'of {source}'}"
    url = httpx.URL(found)
    if url.scheme == "http" and not _is_here(url.host):
        remedy = "Use https, unless the network between is yours alone"
        return Finding("address", "warn", f"{text}: the key is sent unencrypted", remedy, facts=facts), found
    return Finding("address", "ok", text, facts=facts), found


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def examine_key(patience: Patience) -> tuple[Finding, Credential | None]:
    """Where the key is from and whether it can be one; also what gives it, None where nothing does."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            credential = find_credential(None)
            value = await _read(credential, patience)
        except CredentialsError as error:
            text, status = explain(error)
            remedy = "Let TINKER_API_KEY be the key and nothing else: tml-…, without quotes or 'Bearer '"
            return failed("key", one_line(text), remedy, status), None
        except TimeoutError:
            text = f"the command in {COMMAND_VARIABLE} has not ended after {patience.of_a_step:g} s"
            remedy = f"Run it yourself to see what it waits for; calls wait {COMMAND_SECONDS:g} s"
            return failed("key", text, remedy, ExitStatus.CREDENTIALS), None
    where = credential.where if isinstance(credential, FixedCredential) else COMMAND_VARIABLE
    how = "printed by the command in" if isinstance(credential, CommandCredential) else "of"
    text = f"{_kind(value)}, {how} {where}"
    facts = {"source": where, "is_token": is_token(value)}
    if told:
        said, _, remedy = one_line(str(told[0].message)).partition(": ")
        if not remedy:
            said, remedy = said, "Correct it or unset it"
        return Finding("key", "warn", f"{text}; but {said}", remedy, facts=facts), credential
    return Finding("key", "ok", text, facts=facts), credential


async def _read(credential: Credential, patience: Patience) -> str:
    async with asyncio.timeout(patience.seconds):
        return await credential.read()


def _kind(value: str) -> str:
    if not is_token(value):
        return "an API key"
    try:
        email = claims_of(value).get("email")
    except ValueError:
        email = None
    whose = f" of {one_line(email, 60)}" if isinstance(email, str) and email else ""
    expiry = expiry_of(value)
    if expiry is None or not 0 < expiry < time.time() + 10**10:
        return f"a JSON Web Token{whose}"
    return f"a JSON Web Token{whose} that ends {moment(datetime.fromtimestamp(expiry, UTC))}"
