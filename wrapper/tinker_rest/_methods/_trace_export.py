"""Polls for the trace of a session until the server has built it."""

from __future__ import annotations

import logging
from typing import Any

from attrs import evolve

from tinker_rest._lazy import LazyModule
from tinker_rest._redaction import summarize
from tinker_rest._retry import Attempts, Policy, parse_retry_after
from tinker_rest._urls import is_web_url
from tinker_rest._work import Work
from tinker_rest.errors import APITimeoutError, SessionTraceExportError

MIN_POLL_SECONDS = 0.2
FIRST_POLL_SECONDS = 1.0
MAX_POLL_SECONDS = 5.0

_log = logging.getLogger("tinker_rest")


def export_trace(api: LazyModule, session_id: str, timeout: float | None, work: Work[str]) -> str:
    """Return the signed URL of a trace.

    Args:
        api: The operations for sessions.
        session_id: The session.
        timeout: How many seconds to wait for the trace; None for no limit.
        work: The way to make calls.
    """
    polls = Attempts("export_session_trace", evolve(work.options, timeout=timeout))
    while True:
        polls.count += 1
        limits = [limit for limit in (work.options.timeout, polls.remaining()) if limit is not None]
        options = evolve(work.options, timeout=max(min(limits), 0.001) if limits else None)
        try:
            export, asked_delay = work.call(
                api.export_session_trace, session_id, policy=Policy(is_secret=True), read=_parse, options=options
            )
        except APITimeoutError:
            if polls.remaining() != 0:
                raise
            raise _too_late(polls) from None
        if export.status == "ready":
            return str(export.url)
        if export.status == "failed":
            reason = summarize(export.error or "the server does not say why")
            raise SessionTraceExportError(f"the trace cannot be built: {reason}", **polls.facts())
        delay = min(MAX_POLL_SECONDS, FIRST_POLL_SECONDS * 2.0 ** min(polls.count - 1, 16))
        if asked_delay is not None:
            delay = max(asked_delay, MIN_POLL_SECONDS)
        remaining = polls.remaining()
        if remaining is not None and delay >= remaining:
            raise _too_late(polls, asked_delay)
        level = logging.INFO if polls.count == 1 else logging.DEBUG
        _log.log(level, "%s: the trace is being built", polls.operation_id)
        polls.tell("the trace is being built", delay)
        work.wait(delay)


def _too_late(polls: Attempts, asked_delay: float | None = None) -> APITimeoutError:
    wish = "" if asked_delay is None else f"; the server asked to wait {asked_delay:g} s"
    return APITimeoutError(
        f"the trace is not built within {polls.options.timeout:g} s (timeout){wish}", **polls.facts()
    )


def _parse(response: Any) -> tuple[Any, float | None]:
    """The state of the export, and the seconds after which the server wants to be asked again."""
    export, headers = response.parsed, response.headers
    if export.status == "ready" and not is_web_url(export.url or ""):
        raise ValueError("SessionTraceExport.url must be an http or https URL if the status is ready")
    return export, parse_retry_after(headers.get("retry-after", ""), headers.get("date", ""))
