"""`tinker-rest session`: sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.arguments import access_scope_option
from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import (
    Column,
    Listing,
    columns_option,
    limit_option,
    metadata_facts,
    show_list,
    show_one,
)
from tinker_rest_cli.paging import found_by
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.texts import age, json_text, plain, size

if TYPE_CHECKING:
    from tinker_rest.types import SessionSummary

STATUSES = ("active", "cancelled", "failed", "client_finished")
MOST_PER_PAGE = 200

SESSIONS: Listing[str] = Listing(
    "session",
    lambda session_id: session_id,
    [Column("id", "Session ID", lambda session_id: session_id, whole=True)],
    lambda session_id: {"session_id": session_id},
)


def _status(session: SessionSummary) -> str:
    if session.status is None:
        return "unknown"
    whole: dict[str, Any] = session.status.to_dict()
    reason = (whole.get("reason") or {}).get("type")
    return f"{whole['type']} ({reason})" if reason else str(whole["type"])


FOUND_SESSIONS: Listing[SessionSummary] = Listing(
    "session",
    lambda session: session.session_id,
    [
        Column("id", "Session ID", lambda session: session.session_id, whole=True),
        Column("name", "Name", lambda session: session.display_name),
        Column("status", "Status", _status),
        Column("created", "Created", lambda session: session.created_at, age),
        Column("checkpoints", "Checkpoints", lambda session: session.checkpoints_count, right=True),
        Column("size", "Size", lambda session: session.checkpoint_storage_bytes, size, right=True),
        Column("project", "Project", lambda session: session.project_id, extra=True),
        Column("owner", "Owner", lambda session: session.owner, extra=True),
        Column("metadata", "Metadata", lambda session: session.user_metadata, extra=True),
    ],
)


@click.group("session", cls=Group)
def session() -> None:
    """List, show and search sessions, and export their traces."""


@session.command("list")
@limit_option()
@access_scope_option
@pass_settings
def list_(settings: Settings, limit: int, access_scope: str) -> None:
    """List the ids of all sessions that were ever created, not of the active ones alone."""
    with rest_client(settings) as client:
        sessions = client.iter_sessions(limit=limit or None, access_scope=access_scope)  # type: ignore[arg-type]
        show_list(settings, SESSIONS, found_by(sessions, limit))


@session.command("info")
@click.argument("session_id")
@access_scope_option
@pass_settings
def info(settings: Settings, session_id: str, access_scope: str) -> None:
    """Show the training runs and samplers of a session."""
    with rest_client(settings) as client:
        found = client.get_session(session_id, access_scope).result()  # type: ignore[arg-type]
    facts = [
        ("Session ID", session_id),
        ("Name", found.display_name or ""),
        *_listed("Training run", found.training_run_ids),
        *_listed("Sampler", found.sampler_ids),
        *metadata_facts(found.user_metadata),
    ]
    show_one(settings, session_id, {"session_id": session_id, **found.model_dump(mode="json")}, facts)


def _listed(thing: str, ids: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{thing}s" if number == 0 else "", one) for number, one in enumerate(ids)] or [(f"{thing}s", "none")]


def _pair(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"{value!r} is not of the form KEY=VALUE")
    return dict(value.split("=", 1) for value in values)


@session.command("search")
@click.argument("name", required=False)
@limit_option()
@columns_option(FOUND_SESSIONS)
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="May be given many times.")
@click.option("--project-id", "project_ids", metavar="ID", multiple=True, help="May be given many times.")
@click.option("--metadata", metavar="KEY=VALUE", multiple=True, callback=_pair, help="May be given many times.")
@click.option("--session-id", metavar="ID", help="The session of this id.")
@click.option("--owner", metavar="URN", multiple=True, help="Sessions of this user; may be given many times.")
@access_scope_option
@pass_settings
def search(
    settings: Settings,
    name: str | None,
    limit: int,
    columns: Sequence[Column[SessionSummary]] | None,
    statuses: Sequence[str],
    project_ids: Sequence[str],
    metadata: dict[str, str],
    session_id: str | None,
    owner: Sequence[str],
    access_scope: str,
) -> None:
    """Search the sessions of one's organization, newest first.

    NAME is a part of the session's name. All that is given must fit.
    """
    from tinker_rest import types

    kinds: dict[str, Any] = {
        "active": types.ActiveSessionStatusQuery,
        "cancelled": types.CancelledSessionStatusQuery,
        "failed": types.FailedSessionStatusQuery,
        "client_finished": types.ClientFinishedSessionStatusQuery,
    }
    whose: types.SearchOwner = types.OwnSearchOwner()
    if owner:
        whose = types.UserSearchOwner(owner_urns=[*owner])
    elif access_scope == "accessible":
        whose = types.AccessibleSearchOwner()
    request = types.SessionSearchRequest(
        session_id=session_id,
        display_name=name,
        project_ids=[*project_ids] or None,
        user_metadata=metadata,
        owner=whose,
        statuses=[kinds[status]() for status in statuses] or None,
        limit=min(limit or MOST_PER_PAGE, MOST_PER_PAGE),
    )
    with rest_client(settings) as client:
        sessions = client.iter_search_sessions(request, limit=limit or None)
        show_list(settings, FOUND_SESSIONS, found_by(sessions, limit), columns=columns)


@session.command("export-trace")
@click.argument("session_id")
@click.option("-o", "--output", metavar="FILE", help="Where to; SESSION_ID.pftrace by default, - for stdout.")
@click.option("--url-only", is_flag=True, help="Print a signed URL of the trace, which works for about an hour.")
@pass_settings
def export_trace(settings: Settings, session_id: str, output: str | None, url_only: bool) -> None:
    """Export what a session trained and sampled as a Perfetto trace.

    The server builds it, which may take minutes. Open the file in https://ui.perfetto.dev. A file that is there
    already is replaced.
    """
    from tinker_rest_cli.file_download import download
    from tinker_rest_cli.progress import BYTES, progress

    with rest_client(settings) as client, progress(settings, "Building the trace", unit=BYTES):
        url = client.export_session_trace(session_id).result()
    if url_only:
        as_json = settings.format in ("json", "jsonl")
        click.echo(json_text({"session_id": session_id, "url": url}) if as_json else url)
        return
    target = f"{session_id}.pftrace" if output is None else output
    with progress(settings, "Downloading", unit=BYTES) as bar:
        count = download(url, target, bar)
    if target == "-":
        return
    done = {"session_id": session_id, "destination": target, "file_size_bytes": count}
    facts = [("Session ID", session_id), ("Saved to", target), ("Size", f"{size(count)} ({plain(count)} bytes)")]
    show_one(settings, target, done, facts)
