"""`tinker-rest session`: sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import build_timeout, rest_client
from tinker_rest_cli.columns import Column, Listing, columns_option
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.formatting import age, json_text, plain, size
from tinker_rest_cli.groups import Group
from tinker_rest_cli.options import access_scope_option, searching_options
from tinker_rest_cli.output import limit_option, show_list, show_one, whole_file
from tinker_rest_cli.progress import BYTES, progress
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest.types import SessionSummary

STATUSES = ("active", "cancelled", "failed", "client_finished")
MAX_PER_PAGE = 200

SESSIONS: Listing[str] = Listing(
    "session",
    "sessions",
    [Column("session_id", "Session ID", str, is_id=True)],
    json=lambda session_id: {"session_id": session_id},
)

FOUND_SESSIONS: Listing[SessionSummary] = Listing(
    "session",
    "sessions",
    [
        Column("session_id", "Session ID", is_id=True),
        Column("display_name", "Name"),
        Column("status.type", "Status"),
        Column("status.reason.type", "Reason", hidden=True),
        Column("created_at", "Created", text=age),
        Column("checkpoints_count", "Checkpoints", right=True),
        Column("checkpoint_storage_bytes", "Size", text=size, right=True),
        Column("project_id", "Project", hidden=True),
        Column("owner", "Owner", hidden=True),
        Column("user_metadata", "Metadata", hidden=True),
    ],
)


session = Group("session", help="List, show and search sessions, and export their traces.")


@session.command("list")
@limit_option
@access_scope_option
def list_(settings: Settings, limit: int, access_scope: str) -> None:
    """List all session IDs, including inactive sessions."""
    with rest_client(settings) as client:
        sessions = client.iter_sessions(max_items=limit or None, access_scope=access_scope)  # type: ignore[arg-type]
        show_list(settings, SESSIONS, sessions, limit=limit)


@session.command("info")
@click.argument("session_id")
@access_scope_option
def info(settings: Settings, session_id: str, access_scope: str) -> None:
    """Show the training runs and samplers of a session."""
    with rest_client(settings) as client:
        found = client.get_session(session_id, access_scope).result()  # type: ignore[arg-type]
    facts = [
        ("Session ID", session_id),
        ("Name", found.display_name or ""),
        *_listed("Training run", found.training_run_ids),
        *_listed("Sampler", found.sampler_ids),
        *([("Metadata", plain(found.user_metadata))] if found.user_metadata else []),
    ]
    show_one(settings, session_id, {"session_id": session_id, **found.model_dump(mode="json")}, facts)


def _listed(thing: str, ids: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{thing}s" if number == 0 else "", one) for number, one in enumerate(ids)] or [(f"{thing}s", "none")]


@session.command("search")
@click.argument("name", required=False)
@limit_option
@columns_option(FOUND_SESSIONS)
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only this status; repeatable."
)
@searching_options("sessions")
@click.option("--session-id", metavar="ID", help="Only the session with this ID.")
@click.option("--owner", metavar="URN", multiple=True, help="Only sessions of this user; repeatable.")
@access_scope_option
def search(
    settings: Settings,
    name: str | None,
    limit: int,
    columns: Sequence[Column[SessionSummary]] | None,
    statuses: Sequence[str],
    project_ids: Sequence[str],
    owner: Sequence[str],
    access_scope: str,
    **fields: Any,
) -> None:
    """Search the sessions of your organization, newest first.

    NAME is part of the session's name. Filters are combined: a session must match all of them.
    """
    from tinker_rest.types import SessionSearchRequest

    scope = {"type": "accessible" if access_scope == "accessible" else "own"}
    query = {
        "display_name": name,
        "project_ids": [*project_ids] or None,
        "owner": {"type": "user", "owner_urns": [*owner]} if owner else scope,
        "statuses": [{"type": status} for status in statuses] or None,
        "limit": min(limit or MAX_PER_PAGE, MAX_PER_PAGE),
        **fields,
    }
    request = SessionSearchRequest.model_validate(query)
    with rest_client(settings) as client:
        sessions = client.iter_session_search(request, max_items=limit or None)
        show_list(settings, FOUND_SESSIONS, sessions, columns=columns, limit=limit)


@session.command("export-trace")
@click.argument("session_id")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; SESSION_ID.pftrace by default, - is stdout.")
@click.option("--url-only", is_flag=True, help="Print a signed URL instead, which works for about an hour.")
def export_trace(settings: Settings, session_id: str, output: str | None, url_only: bool) -> None:
    """Export a session as a Perfetto trace.

    The server builds it, which can take minutes. Open the file in https://ui.perfetto.dev. An existing file is
    replaced.
    """
    with rest_client(settings) as client, progress(settings, "Building the trace", unit=BYTES):
        url = client.export_session_trace(session_id, **build_timeout(settings)).result()
    if url_only:
        as_json = settings.format in ("json", "jsonl")
        click.echo(json_text({"session_id": session_id, "url": url}) if as_json else url)
        return
    target = f"{session_id}.pftrace" if output is None else output
    path = Path(target)
    is_device = path.exists() and not path.is_file()  # such as /dev/null, which must not be replaced
    opened = click.open_file(target, "wb") if target == "-" or is_device else whole_file(path)
    with progress(settings, "Downloading", unit=BYTES) as update, opened as file:
        count = _copy(url, file, update)
    if target == "-":
        return
    done = {"session_id": session_id, "destination": target, "file_size_bytes": count}
    facts = [("Session ID", session_id), ("Saved to", target), ("Size", f"{size(count)} ({plain(count)} bytes)")]
    show_one(settings, target, done, facts)


def _copy(url: str, file: IO[bytes], update: Callable[..., None]) -> int:
    import httpx

    from tinker_rest.errors import redact

    broken_off = partial(CommandError, status=ExitStatus.NETWORK)

    def check_address(request: httpx.Request) -> None:
        if url.startswith("https:") and request.url.scheme != "https":
            raise broken_off("the storage redirects from https to http, which is not followed")

    hooks = {"request": [check_address]}
    headers = {"Accept-Encoding": "identity"}  # the bytes are written as they come
    try:
        with (
            httpx.Client(timeout=60.0, follow_redirects=True, event_hooks=hooks) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            response.raise_for_status()
            length, encoding = (response.headers.get(f"content-{name}", "") for name in ("length", "encoding"))
            if "html" in response.headers.get("content-type", "").lower():
                raise broken_off("the storage, or a proxy, sent a web page instead of the trace")
            if encoding.lower() not in ("", "identity"):
                raise broken_off("the storage sends the trace compressed, although it was asked not to")
            if not length and "transfer-encoding" not in response.headers:
                raise broken_off("the storage does not send the length of the trace, so it may be cut off")
            for chunk in response.iter_raw():
                file.write(chunk)
                update(completed=response.num_bytes_downloaded, total=int(length) if length.isdigit() else None)
            return response.num_bytes_downloaded
    except httpx.HTTPStatusError as error:
        message = f"the storage answered with {error.response.status_code}. Try again, which makes a new URL"
        raise broken_off(message) from None
    except httpx.HTTPError as error:
        message = f"the download broke off: {redact(str(error)) or type(error).__name__}. Try again"
        raise broken_off(message) from None
