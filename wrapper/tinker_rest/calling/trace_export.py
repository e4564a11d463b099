"""Asks for the trace of a session until it is built."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from attrs import evolve

from tinker_rest.calling.answers import is_web_url
from tinker_rest.calling.calls import Call, tell_hook
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.retries import RetryEvent, parse_retry_after
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import APITimeoutError, SessionTraceExportError
from tinker_rest.network.transport import Answer
from tinker_rest.redaction import one_line
from tinker_rest_api._model import InvalidField
from tinker_rest_api.api.sessions.export_session_trace import OPERATION

if TYPE_CHECKING:
    from tinker_rest_api.models.session_trace_export import SessionTraceExport

_log = logging.getLogger("tinker_rest")

SHORTEST_POLL_SECONDS = 0.2
FIRST_POLL_SECONDS = 1.0
LONGEST_POLL_SECONDS = 5.0


class TraceExport:
    """Begins to export a trace and waits until it is ready.

    Args:
        request: What `OPERATION.build_request` returned.
        options: How long to wait, for one answer and for the trace.
    """

    def __init__(self, request: dict[str, Any], options: CallOptions) -> None:
        """Keep what to ask; nothing is sent yet."""
        self._request = request
        self._options = options
        self._polls = 0

    async def run(self, sender: Sender) -> str:
        """Return the signed URL. Raises TinkerError."""
        self._started = time.monotonic()
        while True:
            self._polls += 1
            call = self._new_call()
            try:
                export, asked_delay = await call.run(sender)
            except APITimeoutError:
                if self._remaining() != 0:
                    raise
                raise self._too_late(call) from None
            if export.status == "ready":
                return str(export.url)
            if export.status == "failed":
                why = one_line(export.error or "the server does not say why")
                raise SessionTraceExportError(f"the trace cannot be built: {why}", **self._facts(call))
            await self._wait(call, asked_delay)

    def _new_call(self) -> Call[tuple[SessionTraceExport, float | None]]:
        """The question, once more; no answer is waited for longer than the trace itself."""
        limits = [limit for limit in (self._options.timeout, self._remaining()) if limit is not None]
        options = evolve(self._options, timeout=max(min(limits), 0.001) if limits else None)
        return Call(OPERATION, self._request, options, read=_read, is_secret=True)

    async def _wait(self, call: Call[Any], asked_delay: float | None) -> None:
        remaining = self._remaining()
        delay = min(LONGEST_POLL_SECONDS, FIRST_POLL_SECONDS * 2.0 ** min(self._polls - 1, 16))
        if asked_delay is not None:
            delay = max(asked_delay, SHORTEST_POLL_SECONDS)
        if remaining is not None and delay >= remaining:
            raise self._too_late(call, asked_delay)
        level = logging.INFO if self._polls == 1 else logging.DEBUG
        _log.log(level, "export_session_trace (%s): the trace is being built", call.request_id)
        if self._options.on_retry is not None:
            event = RetryEvent(
                operation_id=OPERATION.operation_id,
                request_id=call.request_id,
                attempt=self._polls,
                reason="the trace is being built",
                delay=delay,
                elapsed=self._elapsed(),
                remaining=remaining,
            )
            tell_hook(self._options.on_retry, event)
        await asyncio.sleep(delay)

    def _too_late(self, call: Call[Any], asked_delay: float | None = None) -> APITimeoutError:
        patience = self._options.archive_timeout
        wish = "" if asked_delay is None else f"; the server asked to wait {asked_delay:g} s"
        message = f"the trace is not built within {patience:g} s (archive_timeout){wish}"
        return APITimeoutError(message, **self._facts(call))

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _remaining(self) -> float | None:
        patience = self._options.archive_timeout
        return None if patience is None else max(0.0, patience - self._elapsed())

    def _facts(self, call: Call[Any]) -> dict[str, Any]:
        return {**call.facts(), "attempts": self._polls, "elapsed": self._elapsed()}


def _read(answer: Answer) -> tuple[SessionTraceExport, float | None]:
    """How far the export is, and after how many seconds the server wants to be asked again."""
    export = OPERATION.read_success(answer)
    if export.status == "ready" and not is_web_url(export.url or ""):
        raise InvalidField(
            "SessionTraceExport", "url", "an http or https URL where the status is ready", export.url
        )
    return export, parse_retry_after(answer.header("retry-after"), answer.header("date"))
