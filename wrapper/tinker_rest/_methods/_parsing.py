"""Turns successful responses into results. A ValueError or InvalidField means that a response cannot be read."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tinker_rest._lazy import models, types
from tinker_rest._redaction import safe_repr
from tinker_rest._retry import parse_http_date, parse_retry_after
from tinker_rest._urls import is_web_url, joined_url
from tinker_rest.errors import APIResponse, NotFoundError
from tinker_rest.pagination import Page, PageRequest
from tinker_rest.selection import CheckpointSelection, run_id_of

if TYPE_CHECKING:
    from tinker_rest_api.types import Response

SIGNED_URL_SECONDS = 900  # if the server does not say


def parse_empty(response: Response[Any]) -> None:
    """Accept any response to a change except a web page."""
    if "html" in response.headers.get("content-type", "").lower():
        raise ValueError("expected an empty response or JSON, got a web page; a proxy may have sent it")


def with_run_ids(response: Response[Any]) -> Any:
    """Return the model; run IDs that the server left out are taken from the paths of the checkpoints."""
    model: Any = response.parsed
    runs = getattr(model, "training_runs", [model])
    latest = [getattr(run, name, None) for run in runs for name in ("last_checkpoint", "last_sampler_checkpoint")]
    for checkpoint in [*getattr(model, "checkpoints", ()), *filter(None, latest)]:
        checkpoint.training_run_id = run_id_of(checkpoint)
    return model


def first_selected(selection: CheckpointSelection, run_id: str, response: Response[Any]) -> types.Checkpoint:
    """Return the first selected checkpoint of a run, or raise NotFoundError."""
    found = selection.apply(with_run_ids(response).checkpoints)
    if not found:
        kind = "" if selection.checkpoint_type is None else f" of type {safe_repr(selection.checkpoint_type)}"
        raise NotFoundError(f"training run {run_id} has no checkpoint{kind}", response=APIResponse(404, {}, b""))
    return found[0]


def page(items: str, id_of_item: str, request: PageRequest | None, response: Response[Any]) -> Page[Any]:
    """Read a page, or a listing without pages if `request` is None.

    `items` is the field with the items, and `id_of_item` the field with the ID of each, unless items are IDs.
    """
    if request is not None and request.refusal is not None:
        raise ValueError(request.refusal)
    model = with_run_ids(response)
    found = getattr(model, items)
    cursor = getattr(model, "cursor", None)
    return Page(
        found,
        [getattr(one, id_of_item, one) for one in found],
        total=cursor.total_count if cursor else None,
        next_cursor=getattr(model, "next_cursor", None),
        server_time=parse_http_date(response.headers.get("date", "")),
    )


runs_page = partial(page, "training_runs", "training_run_id")
checkpoints_page = partial(page, "checkpoints", "tinker_path")
sessions_page = partial(page, "sessions", "session_id")


def archive_url(asked_at: str, response: Response[Any]) -> types.CheckpointArchiveUrlResponse:
    """Return the URL to which a request for `asked_at` was redirected."""
    url = joined_url(asked_at, response.headers.get("location", ""))
    if not is_web_url(url):
        raise ValueError("the redirect to the archive must be to an http or https URL")
    expires = parse_http_date(response.headers.get("expires", "")) or time.time() + SIGNED_URL_SECONDS
    return types.CheckpointArchiveUrlResponse(url=url, expires_at=datetime.fromtimestamp(expires, UTC))


def started_upload(response: Response[Any]) -> Any:
    """Return the model; its URLs must be http or https."""
    upload: Any = response.parsed
    for name, target in upload.urls.items():
        if not is_web_url(target.url):
            raise ValueError(f"the URL to upload {name} to must be an http or https URL")
    return upload


def trace_export(response: Response[Any]) -> tuple[Any, float | None]:
    """Return the state of an export, and how many seconds to wait before the next poll."""
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
