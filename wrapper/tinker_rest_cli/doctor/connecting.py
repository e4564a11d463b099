"""Examines the way to the server: proxy, name, connection, TLS. No request is sent but through a proxy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from tinker_rest.network.default_headers import public_headers
from tinker_rest.network.dialing import Dialer
from tinker_rest.network.proxies import ProxiedClient, proxy_for, proxy_source
from tinker_rest.redaction import one_line
from tinker_rest_cli.doctor.findings import Finding, Patience, duration, failed, skipped
from tinker_rest_cli.texts import counted

SOON_DAYS = 14  # a certificate that ends within is told of
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


async def examine_way(url: httpx.URL, patience: Patience) -> AsyncIterator[Finding]:
    """Examine the way to a server, from step to step, until one fails; all steps have a finding."""
    proxy = proxy_for(url)
    found = await _examine_proxy(url, proxy, patience)
    yield found
    goes_on = found.level != "fail"
    host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
    if proxy:
        text = "left to the proxy" if goes_on else "not tried, since the proxy failed"
        yield skipped("name", text)
        yield skipped("connection", text)
    else:
        dialer = Dialer(host, port)
        for name, examine in (("name", _examine_name), ("connection", _examine_connection)):
            if goes_on:
                found = await examine(dialer, host, port, patience)
                goes_on = found.level != "fail"
                yield found
            else:
                yield skipped(name)
    if url.scheme != "https":
        yield skipped("TLS", "none, as the address is http")
    elif goes_on:
        yield await _examine_tls(url, host, port, proxy, patience)
    else:
        yield skipped("TLS")


async def _examine_proxy(url: httpx.URL, proxy: str, patience: Patience) -> Finding:
    source = proxy_source(url)
    if not proxy:
        text = f"none; NO_PROXY leaves the server out of {source}" if source else "none"
        return Finding("proxy", "ok", text, facts={"proxy": None, "source": source or None})
    facts: dict[str, Any] = {"proxy": proxy, "source": source}
    remedy = f"Correct {source}, or unset it; NO_PROXY names hosts that are reached without"
    try:
        await ProxiedClient(proxy).aclose()
        place = httpx.URL(f"http://{proxy}")
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        return failed("proxy", f"{source} cannot be used: {one_line(str(error))}", remedy, facts=facts)
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience.seconds):
            (await Dialer(place.raw_host.decode("ascii"), place.port or 80).dial()).close()
    except (OSError, UnicodeError) as error:
        return failed("proxy", f"{proxy}, of {source}, does not answer: {_why(error)}", remedy, facts=facts)
    took = time.monotonic() - began
    return Finding("proxy", "ok", f"{proxy}, of {source}, connected in {duration(took)}", facts=facts)


async def _examine_name(dialer: Dialer, host: str, _port: int, patience: Patience) -> Finding:
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience.seconds):
            found = list(dict.fromkeys(str(one[4][0]) for one in await dialer.addresses()))
    except TimeoutError:
        remedy = "Check the network and its name server, and a VPN where there is one"
        return failed("name", f"{host} was not found within {duration(time.monotonic() - began)}", remedy)
    except (OSError, UnicodeError) as error:
        remedy = "Check the spelling of the address, and the network and its name server"
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            remedy = "Check the network and its name server, and the spelling of the address"
        return failed("name", f"{host} is not known: {_why(error)}", remedy)
    took = duration(time.monotonic() - began)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    text = "is an address" if found == [host] else f"is {found[0]}{more}, in {took}"
    return Finding("name", "ok", f"{host} {text}", facts={"addresses": found})


async def _examine_connection(dialer: Dialer, host: str, port: int, patience: Patience) -> Finding:
    began = time.monotonic()
    where = f"{host} port {port}"
    try:
        async with asyncio.timeout(patience.seconds):
            opened = await dialer.dial()
    except TimeoutError:
        remedy = "A firewall may be in the way; where only a proxy leads out, HTTPS_PROXY names it"
        return failed("connection", f"none to {where} within {duration(time.monotonic() - began)}", remedy)
    except (OSError, UnicodeError) as error:
        remedy = "Check the port in the address, whether the server runs, and firewalls"
        return failed("connection", f"none to {where}: {_why(error)}", remedy)
    took = time.monotonic() - began
    address = opened.getpeername()[0]
    opened.close()
    return Finding("connection", "ok", f"to {address} port {port} in {duration(took)}", facts={"address": address})


async def _examine_tls(url: httpx.URL, host: str, port: int, proxy: str, patience: Patience) -> Finding:
    source = next((name for name in _CERTIFICATES if os.environ.get(name)), "")
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        text = f"the certificates that {source} names cannot be read: {_why(error)}"
        return failed("TLS", text, f"Let {source} name what holds certificates in PEM form, or unset it")
    try:
        async with asyncio.timeout(patience.seconds):
            if proxy:
                session = await _session_through_proxy(url)
            else:
                session = await _session(host, port, context)
    except TimeoutError:
        return failed("TLS", "the server does not answer", "Check firewalls, and whether the port is one of https")
    except (OSError, httpx.TransportError) as error:
        refused = _refusal_in(error)
        if refused is not None:
            return await _untrusted(refused, host, port, "" if proxy else source, patience, reaches=not proxy)
        remedy = "Check the port; an address of a server without TLS begins with http://"
        return failed("TLS", f"there is none: {_why(error)}", remedy)
    return _certified(*session, source)


async def _session(host: str, port: int, context: ssl.SSLContext) -> tuple[str, Mapping[str, Any]]:
    """The version of TLS and the certificate that a server has. Raises OSError."""
    opened = await Dialer(host, port).dial()
    _, writer = await asyncio.open_connection(sock=opened, ssl=context, server_hostname=host)
    try:
        return _facts_of(writer.get_extra_info("ssl_object"))
    finally:
        writer.transport.abort()


async def _session_through_proxy(url: httpx.URL) -> tuple[str, Mapping[str, Any]]:
    """The same where a proxy is in between, for which something has to be asked. Raises httpx.TransportError."""
    async with (
        httpx.AsyncClient(timeout=None) as client,  # noqa: S113 - the caller limits it
        client.stream("GET", url, headers=public_headers()) as response,
    ):
        return _facts_of(response.extensions["network_stream"].get_extra_info("ssl_object"))


def _facts_of(session: ssl.SSLObject) -> tuple[str, Mapping[str, Any]]:
    return session.version() or "TLS", session.getpeercert() or {}


def _certified(version: str, certificate: Mapping[str, Any], source: str) -> Finding:
    issuer = _issuer(certificate)
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (end - datetime.now(UTC)).days
    checked = f", checked with {source}" if source else ""
    text = f"{version}, certificate of {issuer} until {end:%Y-%m-%d} ({counted(days, 'day')}){checked}"
    facts = {"version": version, "issuer": issuer, "not_after": end.isoformat().replace("+00:00", "Z")}
    if days >= SOON_DAYS:
        return Finding("TLS", "ok", text, facts=facts)
    return Finding("TLS", "warn", text, "Let the server's operators renew the certificate in time", facts=facts)


async def _untrusted(
    error: ssl.SSLCertVerificationError, host: str, port: int, source: str, patience: Patience, *, reaches: bool
) -> Finding:
    said = error.verify_message or str(error)
    if "expired" in said or "not yet valid" in said:
        remedy = "Check this machine's clock; where it is right, the server's operators must renew it"
        return failed("TLS", f"the certificate is refused: {said}", remedy, facts={"reason": said})
    if "mismatch" in said.lower() or "not valid for" in said:
        remedy = "Check the address: the server has a certificate of another name"
        return failed("TLS", f"the certificate is refused: {said}", remedy, facts={"reason": said})
    issuer = ""
    if reaches:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(patience.seconds):
                issuer = _issuer(await _certificate_of_anybody(host, port))
    by = f" of {issuer}" if issuer else ""
    checked = f" with {source}" if source else ""
    remedy = (
        "Where a company's proxy or a private authority issued it, let SSL_CERT_FILE name a PEM file with that"
        " authority's certificate; otherwise somebody else may be answering"
    )
    text = f"the certificate{by} is not trusted{checked}: {said}"
    return failed("TLS", text, remedy, facts={"reason": said, "issuer": issuer or None})


async def _certificate_of_anybody(host: str, port: int) -> Mapping[str, Any]:
    """What a certificate says that nobody vouches for. Nothing is sent to whoever has it."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    opened = await Dialer(host, port).dial()
    _, writer = await asyncio.open_connection(sock=opened, ssl=anybody, server_hostname=host)
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    # Python tells what a certificate says only where it is trusted: so trust this one, for nothing but that.
    itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    itself.check_hostname = False
    itself.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    itself.load_verify_locations(cadata=certificate)
    return (await _session(host, port, itself))[1]


def _issuer(certificate: Mapping[str, Any]) -> str:
    names = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    parts = [names[key] for key in ("organizationName", "commonName") if names.get(key)]
    return one_line(" ".join(dict.fromkeys(parts)), 60) or "an unnamed authority"


def _refusal_in(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _why(error: BaseException) -> str:
    """What an error says, without its number."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "it refuses connections"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return one_line(said or type(error).__name__, 150)
