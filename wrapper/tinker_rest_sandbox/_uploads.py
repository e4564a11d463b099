"""Uploads of external weights, whose files become a checkpoint."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any

from starlette.responses import Response

from tinker_rest_sandbox._archives import weight_file_names
from tinker_rest_sandbox._audit import record_checkpoint_event
from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._clock import to_microseconds
from tinker_rest_sandbox._models import TRAINABLE_MODELS
from tinker_rest_sandbox._representations import time_text, tinker_path
from tinker_rest_sandbox._requests import ReceivedRequest
from tinker_rest_sandbox._responses import ApiError, json_response

URL_LIFETIME = timedelta(hours=1)
NAME = "0001"
_NAMES = weight_file_names({"is_lora": True})


def start(backend: Backend, call: Call) -> Response:
    """Start an upload, and sign a URL for each of its files."""
    base_model, project_id = call.body["base_model"], call.body.get("destination_project_id")
    if base_model not in TRAINABLE_MODELS:
        raise ApiError(400, f"Weights for {base_model} cannot be uploaded.")
    if project_id is not None:
        backend.organization.check_project(project_id)
    upload_id = backend.store.new_id()
    row = {"upload_id": upload_id, "owner": call.caller, "base_model": base_model, "project_id": project_id}
    backend.store.insert("uploads", [{**row, "lora_config": call.body["lora_config"]}])
    signed = {name: backend.signer.sign(f"/uploads/{upload_id}/{name}", URL_LIFETIME) for name in _NAMES}
    urls = {name: {"url": url, "headers": _headers(upload_id)} for name, (url, _) in signed.items()}
    expires = min(expires for _, expires in signed.values())
    return json_response(200, {"upload_id": upload_id, "urls": urls, "expires": time_text(expires)})


def receive_file(backend: Backend, request: ReceivedRequest, path: str, received: IO[bytes]) -> Response:
    """Keep a file that was sent to its signed URL."""
    upload_id, name = path.split("/")[2:]
    for header, value in _headers(upload_id).items():
        if request.header(header) != value:
            raise ApiError(403, f"The header {header} must be {value!r}, not {request.header(header)!r}.")
    if _upload(backend, upload_id) is None:
        raise ApiError(404, f"Upload {upload_id} was not found, or is finished.")
    received.flush()
    file = backend.store.uploaded_files.path(upload_id, name)
    file.unlink(missing_ok=True)
    file.hardlink_to(received.name)
    return Response(status_code=200)


def finish(backend: Backend, call: Call) -> Response:
    """Turn the files of an upload into a checkpoint in a new run."""
    upload_id = call.body["upload_id"]
    upload = _upload(backend, upload_id)
    if upload is None or upload["owner"] != call.caller:
        raise ApiError(404, f"Upload {upload_id} was not found, or is finished.")
    files = {name: backend.store.uploaded_files.path(upload_id, name) for name in _NAMES}
    missing = [name for name, file in files.items() if not file.exists()]
    if missing:
        raise ApiError(400, f"Files of the upload are missing: {', '.join(missing)}.")
    now = to_microseconds(backend.clock.now())
    run_id = f"{backend.store.new_id()}:train:0"
    backend.store.insert("runs", [_run(upload, run_id, now)])
    size = sum(file.stat().st_size for file in files.values())
    checkpoint = {"run_id": run_id, "kind": "external_weights", "name": NAME, "owner": call.caller, "created": now}
    backend.store.insert("checkpoints", [{**checkpoint, "size_bytes": size, "public": 0, "upload_id": upload_id}])
    backend.store.end_upload(upload_id)
    row = backend.store.checkpoint(run_id, "external_weights", NAME)
    assert row is not None  # noqa: S101 - it was just inserted
    record_checkpoint_event(backend, call, "uploaded", row)
    return json_response(200, {"tinker_path": tinker_path(row)})


def _headers(upload_id: str) -> Mapping[str, str]:
    return {"Content-Type": "application/octet-stream", "X-Upload-Id": upload_id}


def _upload(backend: Backend, upload_id: str) -> sqlite3.Row | None:
    return backend.store.row("SELECT * FROM uploads WHERE upload_id = ?", (upload_id,))


def _run(upload: sqlite3.Row, run_id: str, now: int) -> dict[str, Any]:
    config = json.loads(upload["lora_config"])
    return {
        "run_id": run_id,
        "owner": upload["owner"],
        "project_id": upload["project_id"],
        "base_model": upload["base_model"],
        "is_lora": 1,
        "lora_rank": int(config["rank"]),
        "corrupted": 0,
        **{name: config.get(name, True) for name in ("train_unembed", "train_mlp", "train_attn")},
        "last_request": now,
        "optimizer_config": {"type": "adamw"},
    }
