"""Makes up what an organization knows of its runs, checkpoints and sessions: projects, usage, an audit log.

It has random numbers of its own, so that what the other seed makes up stays as it is.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .audit import entry_row
from .organization import FIRST_USER, PROJECTS, SECOND_USER, USERS
from .representations import tinker_path

HOUR = 60 * 60 * 1_000_000
DAY = 24 * HOUR
DAYS_OF_AUDIT = 14
# Every so many sessions one is in the second project, and one in none.
ARCHIVED_EVERY = 4
WITHOUT_PROJECT_EVERY = 11
DIMUON_EVERY = 5

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]


def add_organization(tables: dict[str, list[Row]], now: int) -> None:
    """Fill in the projects and statuses of made-up rows, and add usage and an audit log.

    Args:
        tables: The rows by their tables.
        now: The time from which times are counted back, in microseconds since 1970.
    """
    rng = random.Random(20261124)  # noqa: S311 - not secret
    _add_external_weights(tables, rng)
    _assign_projects(tables)
    _set_statuses(tables)
    for number, run in enumerate(tables["runs"]):
        if number % DIMUON_EVERY == DIMUON_EVERY - 1:
            run["optimizer_config"] = {"type": "dimuon", "version": 1 + number % 2}
    tables["usage"] = list(_usage(tables, rng))
    tables["audit"] = sorted(_audit(tables, now), key=lambda row: int(row["happened"]))


def _add_external_weights(tables: Tables, rng: random.Random) -> None:
    """Those that openapi.yaml has in its examples, and some of the second user's."""
    imported = next(row for row in tables["checkpoints"] if row["kind"] == "external_weights")
    others = next(row for row in tables["checkpoints"] if row["owner"] == SECOND_USER)
    for model, name in ((imported, "0001"), (others, "imported")):
        tables["checkpoints"].append(
            {
                **model,
                "kind": "external_weights",
                "name": name,
                "created": model["created"] - 60 * 1_000_000,
                "size_bytes": rng.randrange(10**8, 12 * 10**9),
                "public": 0,
                "expires": None,
            }
        )


def _assign_projects(tables: Tables) -> None:
    projects: dict[str, str | None] = {}
    for number, session in enumerate(tables["sessions"]):
        if number % WITHOUT_PROJECT_EVERY == WITHOUT_PROJECT_EVERY - 1:
            continue
        session["project_id"] = PROJECTS[number % ARCHIVED_EVERY == ARCHIVED_EVERY - 1]
        projects[session["session_id"]] = session["project_id"]
    for run in tables["runs"]:
        run["project_id"] = projects.get(run["session_id"])


def _set_statuses(tables: Tables) -> None:
    """Each status in turn, with each of its reasons."""
    for number, session in enumerate(tables["sessions"]):
        statuses = _statuses(session["session_id"])
        session["status"] = statuses[number % len(statuses)]


def _statuses(session_id: str) -> list[Row | None]:
    run_id, sampler_id = f"{session_id}:train:0", f"{session_id}:sample:0"
    request = {"type": "request", "request_id": f"{session_id}:7", "request_type": "forward_backward"}
    return [
        {"type": "client_finished", "reason": {"type": "success"}},
        _failed("user", {"type": "training_run", "training_run_id": run_id}, "The loss is not a number."),
        {"type": "active"},
        _failed("internal", request, "The request took too long."),
        {"type": "client_finished", "reason": {"type": "errored"}, "detail": "KeyError in the training loop"},
        {"type": "cancelled", "detail": "Cancelled from the console."},
        _failed(
            "user", {"type": "sampling_session", "sampling_session_id": sampler_id}, "The prompt is too long."
        ),
        {"type": "client_finished", "reason": {"type": "interrupted"}, "detail": "Ctrl-C"},
        None,
        {"type": "cancelled"},
    ]


def _failed(category: str, reason: Row, message: str) -> Row:
    return {"type": "failed", "category": category, "reason": reason, "message": message}


def _usage(tables: Tables, rng: random.Random) -> Iterator[Row]:
    """What each run and the samplers of its session used in every hour in which it saved a checkpoint."""
    runs = {run["run_id"]: run for run in tables["runs"]}
    sampled = {sampler["session_id"] for sampler in tables["samplers"]}
    saved = Counter((row["run_id"], row["created"] // HOUR) for row in tables["checkpoints"])
    for (run_id, hour), count in saved.items():
        run = runs[run_id]
        used: list[tuple[str, int | None, int]] = [
            ("training", None, rng.randrange(200_000, 4_000_000)),
            ("checkpoint", None, count),
        ]
        if run["session_id"] in sampled:
            used += [
                ("sampling_prefill", 0, rng.randrange(20_000, 400_000)),
                ("sampling_prefill", 1, rng.randrange(20_000, 900_000)),
                ("sampling_sample", None, rng.randrange(20_000, 600_000)),
            ]
        for kind, cached, quantity in used:
            yield {
                "hour": hour * HOUR,
                "session_id": run["session_id"],
                "base_model": run["base_model"],
                "kind": kind,
                "cached": cached,
                "quantity": quantity,
            }


def _audit(tables: Tables, now: int) -> Iterator[Row]:
    """What was published, what expires, who read what, and some events of other things than checkpoints."""
    for row in tables["checkpoints"]:
        about = {"model_id": row["run_id"], "tinker_path": tinker_path(row)}
        read = {**about, "purpose": "archive_download"}
        soon = row["created"] + 10 * 60 * 1_000_000
        if row["public"]:
            yield entry_row(soon, USERS[row["owner"]].urn, "checkpoints", "checkpoint_published", about)
        if row["expires"] is not None:
            yield entry_row(soon, USERS[row["owner"]].urn, "checkpoints", "checkpoint_ttl_set", about)
        if row["name"] == "0001" and soon + HOUR < now:
            yield entry_row(soon + HOUR, USERS[row["owner"]].urn, "checkpoints", "checkpoint_read", read)
    for days_ago in range(DAYS_OF_AUDIT):
        happened = now - days_ago * DAY - 60 * 1_000_000
        yield entry_row(
            happened, USERS[FIRST_USER].urn, "projects", "project_grant_set", {"project_id": PROJECTS[0]}
        )
        if days_ago % 3 == 1:
            yield entry_row(happened, USERS[FIRST_USER].urn, "teams", "team_member_added", {"team": "research"})
        if days_ago % 7 == 2:
            yield entry_row(happened, USERS[SECOND_USER].urn, "organizations", "organization_joined", {})
