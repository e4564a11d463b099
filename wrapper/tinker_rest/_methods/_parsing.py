"""Makes results of successful responses. A ValueError or InvalidField means that a response cannot be read."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from tinker_rest._lazy import models, types
from tinker_rest._retry import parse_http_date, parse_retry_after
from tinker_rest._urls import is_web_url, joined_url
from tinker_rest.pagination import Page, PageRequest
from tinker_rest.paths import run_id_of

if TYPE_CHECKING:
    from tinker_rest_api.types import Response

T = TypeVar("T")

SIGNED_URL_SECONDS = 900  # if the server does not say


def parse_empty(response: Response[Any]) -> None:
    """Accept any response to a change but a web page."""
    if "html" in response.headers.get("content-type", "").lower():
        raise ValueError("the response must be empty or JSON, and is a web page; a proxy may have sent it")


def with_run_ids(response: Response[Any]) -> Any:
    """Return the models, with the run ID of each checkpoint taken from its path if the server left it out."""
    model: Any = response.parsed
    checkpoints = getattr(model, "checkpoints", None)
    if checkpoints is None:
        runs = getattr(model, "training_runs", [model])
        checkpoints = [one for run in runs for one in (run.last_checkpoint, run.last_sampler_checkpoint) if one]
    for checkpoint in checkpoints:
        if not checkpoint.training_run_id:
            checkpoint.training_run_id = run_id_of(checkpoint.tinker_path)
    return model


def page_of_runs(request: PageRequest, response: Response[Any]) -> Page[types.TrainingRun]:
    """Read a page of training runs."""
    runs = with_run_ids(response).training_runs
    return _page(request, response, runs, [run.training_run_id for run in runs])


def page_of_checkpoints(request: PageRequest | None, response: Response[Any]) -> Page[types.Checkpoint]:
    """Read a page of checkpoints, or all checkpoints of a run if `request` is None."""
    checkpoints = with_run_ids(response).checkpoints
    return _page(request, response, checkpoints, [checkpoint.tinker_path for checkpoint in checkpoints])


def page_of_sessions(request: PageRequest, response: Response[Any]) -> Page[Any]:
    """Read a page of sessions: of their IDs or, in a search, of their summaries."""
    model: Any = response.parsed
    sessions = model.sessions
    return _page(request, response, sessions, [getattr(one, "session_id", one) for one in sessions])


def _page(request: PageRequest | None, response: Response[Any], items: list[T], ids: list[str]) -> Page[T]:
    if request is not None and request.refusal is not None:
        raise ValueError(request.refusal)
    cursor = getattr(response.parsed, "cursor", None)
    return Page(
        items,
        ids,
        total=cursor.total_count if cursor else None,
        next_cursor=getattr(response.parsed, "next_cursor", None),
        server_time=parse_http_date(response.headers.get("date", "")),
    )


def archive_url(asked_at: str, response: Response[Any]) -> types.CheckpointArchiveUrlResponse:
    """Return the URL to which a request for `asked_at` was redirected."""
    url = joined_url(asked_at, response.headers.get("location", ""))
    if not is_web_url(url):
        raise ValueError("the redirect to the archive must be to an http or https URL")
    expires = parse_http_date(response.headers.get("expires", ""))
    if expires is None:
        expires = time.time() + SIGNED_URL_SECONDS
    return types.CheckpointArchiveUrlResponse(url, datetime.fromtimestamp(expires, UTC))


def trace_export(response: Response[Any]) -> tuple[Any, float | None]:
    """Return the state of an export, and the seconds after which the server wants to be asked again."""
    export: Any = response.parsed
    if export.status == "ready" and not is_web_url(export.url or ""):
        raise ValueError("SessionTraceExport.url must be an http or https URL if the status is ready")
    headers = response.headers
    return export, parse_retry_after(headers.get("retry-after", ""), headers.get("date", ""))


def with_default_optimizer(response: Response[Any]) -> Any:
    """Return the model; weights without an optimizer were trained with AdamW."""
    info: Any = response.parsed
    if info.optimizer_config is None:
        info.optimizer_config = models.AdamOptimizerConfig()
    return info
