"""Fills an empty database with sample runs, checkpoints, sessions, samplers and related data.

IDs, sizes and choices are the same every time; times count back from now. The data includes everything that the
examples in the official reference and openapi.yaml mention.
"""

import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field

from tinker_rest_sandbox._audit import entry_row
from tinker_rest_sandbox._clock import to_microseconds
from tinker_rest_sandbox._models import TRAINABLE_MODELS
from tinker_rest_sandbox._organization import FIRST_USER, PROJECTS, SECOND_USER, USERS
from tinker_rest_sandbox._representations import tinker_path
from tinker_rest_sandbox._store import Store

SESSIONS_BY_USER = {FIRST_USER: 36, SECOND_USER: 8}
EXAMPLE_SESSION = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55"
PURPOSES = ("sft", "dpo", "grpo", "distill", "eval")
DAYS_OF_AUDIT = 14
# One in this many sessions is in the second project, and one in no project.
ARCHIVED_EVERY = 4
WITHOUT_PROJECT_EVERY = 11
DIMUON_EVERY = 5
METADATA_EVERY = 13

_MINUTE = 60 * 1_000_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_MEGABYTE = 1_000_000

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]


def fill(store: Store, now: datetime) -> None:
    """Add the sample data to an empty store, in the transaction that creates its tables."""
    seed = _Seed(to_microseconds(now))
    seed.add_examples()
    for user, count in SESSIONS_BY_USER.items():
        for number in range(count):
            seed.add_session(user, number)
    _add_organization(seed.tables, seed.now)
    for table, rows in seed.tables.items():
        store.insert(table, rows)


@define
class _Seed:
    now: int
    rng: random.Random = field(factory=lambda: random.Random(20260713))  # noqa: S311 - not secret
    tables: dict[str, list[Row]] = field(
        factory=lambda: {"sessions": [], "samplers": [], "runs": [], "checkpoints": []}
    )

    def add_examples(self) -> None:
        """Add everything that the examples in the reference and openapi.yaml mention."""
        started = self.now - 2 * _DAY
        self.session("session-id", FIRST_USER, started, "reference examples")
        for number, run_id in enumerate(("run-id", "session-id:train:0")):
            self.run(run_id, FIRST_USER, "session-id", started + number * _MINUTE, base_model="Qwen/Qwen3-8B")
            self.checkpoint(run_id, "weights", "0001", started + 10 * _MINUTE)
            self.checkpoint(run_id, "weights", "checkpoint-001", started + 20 * _MINUTE)
            self.checkpoint(run_id, "weights", "checkpoint-123", started + 30 * _MINUTE, has_bare_id=True)
            self.checkpoint(run_id, "sampler_weights", "0001", started + 31 * _MINUTE)
        self.sampler(
            "session-id:sample:0", FIRST_USER, "session-id", started, "tinker://run-id/sampler_weights/0001"
        )
        self.sampler("session-id:sample:1", FIRST_USER, "session-id", started + _MINUTE, None)

        run_id = f"{EXAMPLE_SESSION}:train:0"
        started = self.now - _DAY
        self.session(EXAMPLE_SESSION, FIRST_USER, started, "nightly")
        self.run(run_id, FIRST_USER, EXAMPLE_SESSION, started, base_model="Qwen/Qwen3-8B")
        self.checkpoint(run_id, "weights", "0001", started + 10 * _MINUTE)
        self.checkpoint(run_id, "weights", "checkpoint-123", started + 20 * _MINUTE, has_bare_id=True)
        self.checkpoint(run_id, "sampler_weights", "0001", started + 9 * _MINUTE, public=True, days_left=31)
        self.checkpoint(run_id, "external_weights", "imported", started + 5 * _MINUTE)
        path = f"tinker://{run_id}/sampler_weights/0001"
        self.sampler(f"{EXAMPLE_SESSION}:sample:0", FIRST_USER, EXAMPLE_SESSION, started, path)

    def add_session(self, user: str, number: int) -> None:
        """Add a session with one or two runs, their checkpoints, and samplers for some of them."""
        rng = self.rng
        session_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        started = self.now - rng.randrange(3 * _DAY, 120 * _DAY)
        name = f"{rng.choice(PURPOSES)}-{number:02}" if rng.random() < 0.7 else None
        self.session(session_id, user, started, name)
        for train in range(rng.choice((1, 1, 1, 2))):
            run_id = f"{session_id}:train:{train}"
            self.run(run_id, user, session_id, started)
            self.add_checkpoints(run_id, user, started)
        for sample in range(rng.choice((0, 1, 1, 2))):
            path = f"tinker://{session_id}:train:0/sampler_weights/000001" if sample == 0 else None
            self.sampler(f"{session_id}:sample:{sample}", user, session_id, started + sample * _MINUTE, path)

    def add_checkpoints(self, run_id: str, user: str, started: int) -> None:
        """Add some steps of a run, each saved for training and, mostly, for sampling."""
        rng = self.rng
        saved = started
        # The second user's first run always has something that the first user may read.
        is_open = rng.random() < 0.25 or (user == SECOND_USER and not self.public_runs_of(user))
        for step in range(1, rng.randrange(3, 12)):
            saved += rng.randrange(5 * _MINUTE, 120 * _MINUTE)
            days_left = rng.randrange(1, 90) if rng.random() < 0.2 else None
            self.checkpoint(run_id, "weights", f"{step:06}", saved, days_left=days_left)
            if step == 1 or rng.random() < 0.8:
                public = is_open and (step == 1 or rng.random() < 0.5)
                self.checkpoint(
                    run_id, "sampler_weights", f"{step:06}", saved + rng.randrange(_MINUTE), public=public
                )
        self.tables["runs"][-1]["last_request"] = saved + rng.randrange(_MINUTE)

    def public_runs_of(self, user: str) -> bool:
        """Whether the user already has a public checkpoint."""
        return any(row["public"] and row["owner"] == user for row in self.tables["checkpoints"])

    def session(self, session_id: str, owner: str, created: int, display_name: str | None) -> None:
        row = {"session_id": session_id, "owner": owner, "created": created, "display_name": display_name}
        metadata = {"team": "research"} if display_name else None
        self.tables["sessions"].append({**row, "user_metadata": metadata, "project_id": None, "status": None})

    def sampler(self, sampler_id: str, owner: str, session_id: str, created: int, model_path: str | None) -> None:
        row = {"sampler_id": sampler_id, "session_id": session_id, "owner": owner, "created": created}
        base_model = self.tables["runs"][-1]["base_model"]
        self.tables["samplers"].append({**row, "base_model": base_model, "model_path": model_path})

    def run(self, run_id: str, owner: str, session_id: str, created: int, base_model: str | None = None) -> None:
        is_lora = base_model is not None or self.rng.random() < 0.85
        row: Row = {"run_id": run_id, "owner": owner, "session_id": session_id, "project_id": None}
        row["base_model"] = base_model or self.rng.choice(TRAINABLE_MODELS)
        row["is_lora"] = int(is_lora)
        row["lora_rank"] = self.rng.choice((8, 16, 32, 64)) if is_lora else None
        row["corrupted"] = int(base_model is None and self.rng.random() < 0.03)
        row |= {"train_unembed": self.rng.randrange(2), "train_mlp": 1, "train_attn": 1}
        row["last_request"] = created + 32 * _MINUTE
        row["user_metadata"] = {"renderer": "qwen3"} if self.rng.random() < 0.5 else None
        self.tables["runs"].append({**row, "optimizer_config": {"type": "adamw"}})

    def checkpoint(
        self,
        run_id: str,
        kind: str,
        name: str,
        created: int,
        *,
        public: bool = False,
        days_left: int | None = None,
        has_bare_id: bool = False,
    ) -> None:
        row: Row = {"run_id": run_id, "kind": kind, "name": name, "bare_id": name if has_bare_id else None}
        row |= {"owner": self.tables["runs"][-1]["owner"], "created": created, "public": int(public)}
        row["size_bytes"] = self.rng.randrange(100 * _MEGABYTE, 12_000 * _MEGABYTE)
        row["expires"] = None if days_left is None else self.now + days_left * _DAY
        self.tables["checkpoints"].append({**row, "user_metadata": None, "copied_from": None})


def _add_organization(tables: dict[str, list[Row]], now: int) -> None:
    """Fill in the projects and statuses of sample rows, and add usage and an audit log up to now.

    Uses its own random numbers, so that the other data does not depend on it.
    """
    rng = random.Random(20261124)  # noqa: S311 - not secret
    _add_external_weights(tables, rng)
    _assign_projects(tables)
    _set_statuses(tables)
    for number, run in enumerate(tables["runs"]):
        if number % DIMUON_EVERY == DIMUON_EVERY - 1:
            run["optimizer_config"] = {"type": "dimuon", "version": 1 + number % 2}
    for number, checkpoint in enumerate(tables["checkpoints"], 1):
        if number % METADATA_EVERY == 0:
            checkpoint["user_metadata"] = {"stage": "candidate"}
    tables["usage"] = list(_usage(tables, rng))
    tables["audit"] = sorted(_audit(tables, now), key=lambda row: int(row["happened"]))


def _add_external_weights(tables: Tables, rng: random.Random) -> None:
    """Add the ones in openapi.yaml's examples, and some of the second user's."""
    imported = next(row for row in tables["checkpoints"] if row["kind"] == "external_weights")
    others = next(row for row in tables["checkpoints"] if row["owner"] == SECOND_USER)
    for model, name in ((imported, "0001"), (others, "imported")):
        size, created = rng.randrange(10**8, 12 * 10**9), model["created"] - _MINUTE
        private = {"kind": "external_weights", "name": name, "public": 0, "expires": None}
        tables["checkpoints"].append({**model, **private, "created": created, "size_bytes": size})


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
    """Set each status in turn, with each of its reasons."""
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
    """The usage of each run, and of the samplers of its session, in the hours when it saved a checkpoint."""
    runs = {run["run_id"]: run for run in tables["runs"]}
    sampled = {sampler["session_id"] for sampler in tables["samplers"]}
    saved = Counter((row["run_id"], row["created"] // _HOUR) for row in tables["checkpoints"])
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
            about = {"hour": hour * _HOUR, "session_id": run["session_id"], "base_model": run["base_model"]}
            yield {**about, "kind": kind, "cached": cached, "quantity": quantity}


def _audit(tables: Tables, now: int) -> Iterator[Row]:
    """Publications, expiries and downloads of checkpoints, and some other events."""
    for row in tables["checkpoints"]:
        about = {"model_id": row["run_id"], "tinker_path": tinker_path(row)}
        read = {**about, "purpose": "archive_download"}
        soon = row["created"] + 10 * _MINUTE
        if row["public"]:
            yield entry_row(soon, USERS[row["owner"]].urn, "checkpoints", "checkpoint_published", about)
        if row["expires"] is not None:
            yield entry_row(soon, USERS[row["owner"]].urn, "checkpoints", "checkpoint_ttl_set", about)
        if row["name"] == "0001" and soon + _HOUR < now:
            yield entry_row(soon + _HOUR, USERS[row["owner"]].urn, "checkpoints", "checkpoint_read", read)
    for days_ago in range(DAYS_OF_AUDIT):
        happened = now - days_ago * _DAY - _MINUTE
        first, granted = USERS[FIRST_USER].urn, {"project_id": PROJECTS[0]}
        yield entry_row(happened, first, "projects", "project_grant_set", granted)
        if days_ago % 3 == 1:
            yield entry_row(happened, first, "teams", "team_member_added", {"team": "research"})
        if days_ago % 7 == 2:
            yield entry_row(happened, USERS[SECOND_USER].urn, "organizations", "organization_joined", {})
