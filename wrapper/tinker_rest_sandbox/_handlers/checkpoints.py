"""Checkpoints and their changes, downloads and uploads."""

from datetime import timedelta
from email.utils import format_datetime

from starlette.responses import Response

from tinker_rest_sandbox import _representations as representations
from tinker_rest_sandbox import _search, _uploads
from tinker_rest_sandbox._access import (
    checkpoint_of_address,
    has_weights_access_token,
    may_read,
    no_checkpoint,
    own_checkpoint,
    readable_checkpoint,
    readable_external_weights,
    readable_run,
)
from tinker_rest_sandbox._archives import weight_file_names
from tinker_rest_sandbox._audit import record_checkpoint_event
from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._clock import to_microseconds
from tinker_rest_sandbox._responses import ApiError, json_response, no_content, page_cursor
from tinker_rest_sandbox._stored_files import archive_path, weights_path


def list_checkpoints(backend: Backend, call: Call) -> Response:
    """All checkpoints of a run that the caller may read."""
    row = readable_run(backend, call)
    rows = backend.store.checkpoints_of_run(row["run_id"], call.caller)
    checkpoints = [representations.checkpoint(row) for row in rows]
    return json_response(200, {"checkpoints": checkpoints, "cursor": None})


def list_user_checkpoints(backend: Backend, call: Call) -> Response:
    """One page of the caller's checkpoints."""
    rows, total = backend.store.page_of_checkpoints(call.caller, call.page)
    checkpoints = [representations.checkpoint(row) for row in rows]
    return json_response(200, {"checkpoints": checkpoints, "cursor": page_cursor(call.page, total)})


def search_checkpoints(backend: Backend, call: Call) -> Response:
    """One page of the checkpoints that match."""
    return json_response(200, _search.search_checkpoints(backend, call.caller, call.body))


def get_checkpoint_archive_url(backend: Backend, call: Call) -> Response:
    """A redirect to the archive, once it is built."""
    row = readable_checkpoint(backend, call)
    if row["upload_id"] is not None:
        raise ApiError(400, "Uploaded weights have no archive; download their files instead.")
    path = archive_path(row)
    if not backend.builds.is_ready(path):
        raise ApiError(backend.builds.status, "The archive is being built.", {"Retry-After": "1"})
    location, expires = backend.signer.sign(path)
    record_checkpoint_event(backend, call, "read", row, purpose="archive_download")
    http_date = format_datetime(expires, usegmt=True)
    headers = {"Location": location, "Expires": http_date, "Cache-Control": "no-store"}
    return Response(status_code=302, headers=headers)


def get_external_weights_urls(backend: Backend, call: Call) -> Response:
    """A signed URL for each file of external weights."""
    row, run = readable_external_weights(backend, call)
    signed = {name: backend.signer.sign(weights_path(row, name)) for name in weight_file_names(run)}
    urls = {name: url for name, (url, _) in signed.items()}
    expires = min(expires for _, expires in signed.values())
    record_checkpoint_event(backend, call, "read", row, purpose="external_weights_download")
    return json_response(200, {"urls": urls, "expires": representations.time_text(expires)})


def external_weights_upload_start(backend: Backend, call: Call) -> Response:
    """Start uploading external weights."""
    return _uploads.start(backend, call)


def external_weights_upload_finish(backend: Backend, call: Call) -> Response:
    """Turn uploaded files into a checkpoint."""
    return _uploads.finish(backend, call)


def copy_weights(backend: Backend, call: Call) -> Response:
    """Copy a checkpoint that the caller may read into a new run."""
    source_path, project_id = call.body["source_path"], call.body["destination_project_id"]
    source, run = checkpoint_of_address(backend, source_path, "source_path")
    if not may_read(source, call) and not has_weights_access_token(backend, call):
        raise no_checkpoint(source_path)
    backend.organization.check_project(project_id)
    now = to_microseconds(backend.clock.now())
    belongs = {"run_id": f"{backend.store.new_id()}:train:0", "owner": call.caller}
    new_run = {**dict(run), **belongs, "session_id": None, "project_id": project_id, "last_request": now}
    copy = {
        **dict(source),
        **belongs,
        "created": now,
        "public": 0,
        "expires": _expiry(backend, call.body.get("ttl_seconds")),
        "copied_from": source["copied_from"] or source_path,
    }
    backend.store.insert("runs", [new_run])
    backend.store.insert("checkpoints", [copy])
    row = backend.store.checkpoint(copy["run_id"], copy["kind"], copy["name"])
    assert row is not None  # noqa: S101 - it was just inserted
    record_checkpoint_event(backend, call, "copied", row, source_path=source_path, project_id=project_id)
    return json_response(200, {"tinker_path": representations.tinker_path(row)})


def delete_checkpoint(backend: Backend, call: Call) -> Response:
    """Delete a checkpoint."""
    row = own_checkpoint(backend, call)
    backend.store.delete_checkpoint(row, backend.clock.now())
    record_checkpoint_event(backend, call, "deleted", row)
    return no_content()


def publish_checkpoint(backend: Backend, call: Call) -> Response:
    """Make a checkpoint public."""
    return _set_public(backend, call, True, "published")


def unpublish_checkpoint(backend: Backend, call: Call) -> Response:
    """Make a checkpoint private."""
    return _set_public(backend, call, False, "unpublished")


def _set_public(backend: Backend, call: Call, public: bool, action: str) -> Response:
    row = own_checkpoint(backend, call)
    if bool(row["public"]) is public:
        state = "public" if public else "private"
        raise ApiError(409, f"Checkpoint {representations.checkpoint_id(row)} is already {state}.")
    backend.store.set_public(row, public)
    record_checkpoint_event(backend, call, action, row)
    return no_content()


def set_checkpoint_ttl(backend: Backend, call: Call) -> Response:
    """Set or remove a checkpoint's expiry."""
    row = own_checkpoint(backend, call)
    seconds = call.body["ttl_seconds"]
    backend.store.set_expiry(row, _expiry(backend, seconds))
    record_checkpoint_event(backend, call, "ttl_set", row, ttl_seconds=seconds)
    return no_content()


def get_weights_info_by_tinker_path(backend: Backend, call: Call) -> Response:
    """A checkpoint's base model and LoRA settings."""
    path = call.body["tinker_path"]
    row, run = checkpoint_of_address(backend, path, "tinker_path")
    if not may_read(row, call):
        raise no_checkpoint(path)
    return json_response(200, representations.weights_info(run))


# access.readable_checkpoint accepts both forms of IDs, so both share a function.

get_checkpoint_archive_url_by_bare_id = get_checkpoint_archive_url
delete_checkpoint_by_bare_id = delete_checkpoint
publish_checkpoint_by_bare_id = publish_checkpoint
unpublish_checkpoint_by_bare_id = unpublish_checkpoint
set_checkpoint_ttl_by_bare_id = set_checkpoint_ttl


def _expiry(backend: Backend, ttl_seconds: float | None) -> int | None:
    if ttl_seconds is None:
        return None
    return to_microseconds(backend.clock.now() + timedelta(seconds=int(ttl_seconds)))
