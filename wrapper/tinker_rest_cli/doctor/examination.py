"""The whole examination, in the order in which its findings are told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from tinker_rest_cli.doctor.asking import examine_server
from tinker_rest_cli.doctor.connecting import examine_way
from tinker_rest_cli.doctor.findings import Finding, Patience, skipped
from tinker_rest_cli.doctor.local import examine_address, examine_key, examine_versions

STEP_SECONDS = 5.0
ALL_SECONDS = 30.0
_ON_THE_WAY = ("proxy", "name", "connection", "TLS")
_OF_THE_SERVER = ("server", "access", "operations", "clock", "latency")


async def examine(base_url: str | None, step_seconds: float | None) -> AsyncIterator[Finding]:
    """Examine everything, and go on after a failure with what does not need what failed.

    Args:
        base_url: The server's address; None for what the environment says.
        step_seconds: For how many seconds a step may take; None for the usual time.
    """
    patience = Patience(step_seconds or STEP_SECONDS, max(ALL_SECONDS, 6 * (step_seconds or 0)))
    yield examine_versions()
    address, url = examine_address(base_url)
    yield address
    key, credential = await examine_key(patience)
    yield key
    if url is None:
        for name in (*_ON_THE_WAY, *_OF_THE_SERVER):
            yield skipped(name)
        return
    is_reached = True
    async for finding in examine_way(httpx.URL(url), patience):
        is_reached = is_reached and finding.level != "fail"
        yield finding
    if not is_reached:
        for name in _OF_THE_SERVER:
            yield skipped(name)
        return
    async for finding in examine_server(url, credential, patience):
        yield finding
