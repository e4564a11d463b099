"""Methods of a sandbox that add users, projects, sessions, training runs, checkpoints and samplers."""

from __future__ import annotations

import itertools
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from .access import ADDRESS
from .added import AddedCheckpoint, AddedProject, AddedSampler, AddedSession, AddedTrainingRun, AddedUser
from .addition_checks import (
    LONGEST_TTL_SECONDS,
    AlreadyThere,
    check_choice,
    check_described,
    check_flag,
    check_moment,
    check_name,
    check_number,
    check_project,
    check_text,
    check_user,
)
from .clock import Clock, to_microseconds
from .organization import DEFAULT_PROJECT, FIRST_USER, Organization
from .representations import TYPES_BY_KIND, checkpoint_id, tinker_path
from .store import Store
from .usage import saved_checkpoint

DEFAULT_MODEL = "Qwen/Qwen3-8B"
DEFAULT_LORA_RANK = 32
LARGEST_LORA_RANK = 2**31 - 1  # of openapi.yaml
DEFAULT_SIZE_BYTES = 100_000_000


class State(NamedTuple):
    """What is added to."""

    store: Store
    organization: Organization
    clock: Clock


class Additions(ABC):
    """Adds to a sandbox, whether it is running or not. Every argument has a default and is given by its name.

    What is added is no work of a user, so the audit log does not tell of it.
    """

    @abstractmethod
    def _state(self) -> State:
        """What is added to."""

    def add_user(
        self,
        *,
        name: str | None = None,
        api_key: str | None = None,
        email: str | None = None,
        administrator: bool = False,
    ) -> AddedUser:
        """Add a user beside alice and bob.

        Args:
            name: The user's name; `user-3` and so on by default.
            api_key: The user's key; `tml-sandbox-NAME` by default.
            email: The e-mail address; `NAME@example.com` by default.
            administrator: Whether the user may see usage, its cost and the audit log.

        Raises:
            ValueError: If a value is not of the right form, or the name or the key is in use.
        """
        with self._adding() as (store, organization, _):
            number = len(organization.users) + 1
            name = f"user-{number}" if name is None else check_name("name", name)
            api_key = f"tml-sandbox-{name}" if api_key is None else check_text("api_key", api_key)
            if not api_key.startswith("tml-") or not api_key.isascii() or " " in api_key:
                raise ValueError(
                    "api_key begins with 'tml-' and is ASCII without spaces, or no client accepts it."
                )
            email = f"{name}@example.com" if email is None else check_text("email", email)
            if name in organization.users:
                raise AlreadyThere(f"There is a user {name!r} already.")
            if api_key in organization.callers:
                raise AlreadyThere(f"User {organization.callers[api_key]!r} has this api_key already.")
            urn = f"tml:organization_user:user-{number}"
            row = {"name": name, "urn": urn, "email": email, "full_name": name.title(), "api_key": api_key}
            is_administrator = check_flag("administrator", administrator)
            store.insert("added_users", [{**row, "is_administrator": is_administrator}])
            organization.load()
        return AddedUser(name, urn, api_key)

    def add_project(self, *, project_id: str | None = None) -> AddedProject:
        """Add a project beside `project-research` and `project-archive`.

        Args:
            project_id: Its id; `project-3` and so on by default.

        Raises:
            ValueError: If the id is not of the right form or in use.
        """
        with self._adding() as (store, organization, _):
            if project_id is None:
                project_id = f"project-{len(organization.projects) + 1}"
            if check_name("project_id", project_id) in organization.projects:
                raise AlreadyThere(f"There is a project {project_id!r} already.")
            store.insert("added_projects", [{"project_id": project_id}])
            organization.load()
        return AddedProject(project_id)

    def add_session(
        self,
        *,
        session_id: str | None = None,
        user: str = FIRST_USER,
        project_id: str | None = DEFAULT_PROJECT,
        display_name: str | None = None,
        user_metadata: Mapping[str, Any] | None = None,
        created_at: datetime | str | None = None,
        status: str | Mapping[str, Any] | None = "active",
    ) -> AddedSession:
        """Add a session.

        Args:
            session_id: Its id; a UUID by default.
            user: The name of its owner.
            project_id: The project that it is in; None for none.
            display_name: Its name, for people.
            user_metadata: What the user attached to it.
            created_at: When it was begun; now by default.
            status: How it is doing: a `SessionStatus` of openapi.yaml, or its type where that is all; None where
                it is not known.

        Raises:
            ValueError: If a value is not of the right form, names nothing that there is, or the id is in use.
        """
        with self._adding() as (store, organization, clock):
            session_id = store.new_id() if session_id is None else check_name("session_id", session_id)
            if store.row("SELECT 1 FROM sessions WHERE session_id = ?", (session_id,)):
                raise AlreadyThere(f"There is a session {session_id!r} already.")
            given = {"type": status} if isinstance(status, str) else status
            row = {
                "session_id": session_id,
                "owner": check_user(organization, user),
                "created": _moment_or_now(clock, "created_at", created_at),
                "display_name": None if display_name is None else check_text("display_name", display_name),
                "user_metadata": check_described("user_metadata", "UserMetadata", user_metadata),
                "project_id": check_project(organization, project_id),
                "status": check_described("status", "SessionStatus", given),
            }
            store.insert("sessions", [row])
        return AddedSession(session_id, user)

    def add_training_run(
        self,
        *,
        training_run_id: str | None = None,
        session_id: str | None = None,
        user: str | None = None,
        base_model: str = DEFAULT_MODEL,
        lora_rank: int | None = DEFAULT_LORA_RANK,
        corrupted: bool = False,
        train_unembed: bool = True,
        train_mlp: bool = True,
        train_attn: bool = True,
        optimizer_config: Mapping[str, Any] | None = None,
        user_metadata: Mapping[str, Any] | None = None,
        last_request_at: datetime | str | None = None,
    ) -> AddedTrainingRun:
        """Add a training run.

        Args:
            training_run_id: Its id; `SESSION_ID:train:0` and so on by default.
            session_id: The session that it belongs to; one that is added for it by default.
            user: The name of its owner; the session's owner, or alice, by default.
            base_model: The model that was trained.
            lora_rank: The rank of its adapter; None where the whole model was trained.
            corrupted: Whether the run went wrong.
            train_unembed: Whether the unembedding layer was trained.
            train_mlp: Whether the MLP layers were trained.
            train_attn: Whether the attention layers were trained.
            optimizer_config: An `OptimizerConfig` of openapi.yaml; AdamW by default.
            user_metadata: What the user attached to it.
            last_request_at: When it was last trained; now by default. A later checkpoint makes it later.

        Raises:
            ValueError: If a value is not of the right form, names nothing that there is, or the id is in use.
        """
        with self._adding() as (store, _, clock):
            session = self._session(store, session_id, user, created_at=last_request_at)
            session_id, owner = session["session_id"], session["owner"]
            if training_run_id is None:
                training_run_id = _first_free(f"{session_id}:train:{{}}", lambda name: store.run(name) is not None)
            if store.run(check_name("training_run_id", training_run_id)) is not None:
                raise AlreadyThere(f"There is a training run {training_run_id!r} already.")
            row = {
                "run_id": training_run_id,
                "owner": owner,
                "session_id": session_id,
                "project_id": session["project_id"],
                "base_model": check_text("base_model", base_model),
                "is_lora": int(lora_rank is not None),
                "lora_rank": check_number("lora_rank", lora_rank, 1, LARGEST_LORA_RANK),
                "corrupted": check_flag("corrupted", corrupted),
                "train_unembed": check_flag("train_unembed", train_unembed),
                "train_mlp": check_flag("train_mlp", train_mlp),
                "train_attn": check_flag("train_attn", train_attn),
                "last_request": _moment_or_now(clock, "last_request_at", last_request_at),
                "user_metadata": check_described("user_metadata", "UserMetadata", user_metadata),
                "optimizer_config": check_described("optimizer_config", "OptimizerConfig", optimizer_config)
                or {"type": "adamw"},
            }
            store.insert("runs", [row])
        return AddedTrainingRun(training_run_id, session_id, owner)

    def add_checkpoint(
        self,
        *,
        training_run_id: str | None = None,
        kind: str = "weights",
        name: str | None = None,
        has_bare_id: bool = False,
        user: str | None = None,
        created_at: datetime | str | None = None,
        size_bytes: int | None = DEFAULT_SIZE_BYTES,
        public: bool = False,
        ttl_seconds: int | None = None,
        expires_at: datetime | str | None = None,
        user_metadata: Mapping[str, Any] | None = None,
    ) -> AddedCheckpoint:
        """Add a checkpoint, as if a training run had saved it; usage tells of it and of its storage.

        Args:
            training_run_id: The run that saved it; one that is added for it by default.
            kind: `weights`, `sampler_weights` or `external_weights`.
            name: Its name; `0001` and so on by default.
            has_bare_id: Whether its id is the name alone, without the kind, as some servers have it.
            user: The name of its owner; the run's owner, or alice, by default.
            created_at: When it was saved; now by default.
            size_bytes: How large it is said to be, in bytes; None where that is not known.
            public: Whether everyone may read it.
            ttl_seconds: In how many seconds it expires; None for never.
            expires_at: When it expires, in place of `ttl_seconds`.
            user_metadata: What the user attached to it.

        Raises:
            ValueError: If a value is not of the right form, names nothing that there is, or the run has such a
                checkpoint.
        """
        with self._adding() as (store, organization, clock):
            run = self._run(store, training_run_id, user, created_at)
            run_id, kind = run["run_id"], check_choice("kind", kind, TYPES_BY_KIND)
            if name is None:
                name = _first_free("{:04}", lambda one: store.checkpoint(run_id, kind, one) is not None, 1)
            if store.checkpoint(run_id, kind, check_name("name", name)) is not None:
                raise AlreadyThere(f"Training run {run_id!r} has a checkpoint {f'{kind}/{name}'!r} already.")
            if has_bare_id and store.checkpoint_by_bare_id(run_id, name) is not None:
                raise AlreadyThere(f"Training run {run_id!r} has a checkpoint of the id {name!r} already.")
            if user is not None and check_user(organization, user) != run["owner"]:
                raise ValueError(f"Training run {run_id!r} belongs to {run['owner']}, not to {user!r}.")
            row = {
                "run_id": run_id,
                "kind": kind,
                "name": name,
                "bare_id": name if check_flag("has_bare_id", has_bare_id) else None,
                "owner": run["owner"],
                "created": _moment_or_now(clock, "created_at", created_at),
                "size_bytes": check_number("size_bytes", size_bytes, 0),
                "public": check_flag("public", public),
                "expires": _expiry(clock, ttl_seconds, expires_at),
                "user_metadata": check_described("user_metadata", "UserMetadata", user_metadata),
                "copied_from": None,
            }
            store.insert("checkpoints", [row])
            store.touch_run(run_id, int(row["created"]))
            if run["session_id"] is not None:
                store.insert("usage", [saved_checkpoint(run, int(row["created"]))])
            added = store.checkpoint(run_id, kind, name)
            assert added is not None  # noqa: S101 - it was just inserted
        return AddedCheckpoint(tinker_path(added), run_id, checkpoint_id(added), run["owner"])

    def add_sampler(
        self,
        *,
        sampler_id: str | None = None,
        session_id: str | None = None,
        user: str | None = None,
        base_model: str | None = None,
        model_path: str | None = None,
        created_at: datetime | str | None = None,
    ) -> AddedSampler:
        """Add a sampler.

        Args:
            sampler_id: Its id; `SESSION_ID:sample:0` and so on by default.
            session_id: The session that it belongs to; one that is added for it by default.
            user: The name of its owner; the session's owner, or alice, by default.
            base_model: The model that it samples from; that of `model_path` by default.
            model_path: The tinker path of the checkpoint that it serves; None for the base model itself. Where
                `base_model` is given, the checkpoint may have been deleted since.
            created_at: When it was made; now by default.

        Raises:
            ValueError: If a value is not of the right form, names nothing that there is, or the id is in use.
        """
        with self._adding() as (store, _, clock):
            served = DEFAULT_MODEL if model_path is None else _model_of(store, model_path, base_model)
            session = self._session(store, session_id, user, created_at=created_at)
            session_id, owner = session["session_id"], session["owner"]
            if sampler_id is None:
                sampler_id = _first_free(f"{session_id}:sample:{{}}", lambda name: store.sampler(name) is not None)
            if store.sampler(check_name("sampler_id", sampler_id)) is not None:
                raise AlreadyThere(f"There is a sampler {sampler_id!r} already.")
            row = {
                "sampler_id": sampler_id,
                "session_id": session_id,
                "owner": owner,
                "base_model": served if base_model is None else check_text("base_model", base_model),
                "model_path": model_path,
                "created": _moment_or_now(clock, "created_at", created_at),
            }
            store.insert("samplers", [row])
        return AddedSampler(sampler_id, session_id, owner)

    @contextmanager
    def _adding(self) -> Iterator[State]:
        state = self._state()
        with state.store.transaction():
            state.organization.refresh()
            yield state

    def _session(
        self, store: Store, session_id: str | None, user: str | None, created_at: datetime | str | None
    ) -> sqlite3.Row:
        """The session of an id, or one that is added; the user, where one is given, must own it."""
        if session_id is None:
            session_id = self.add_session(
                user=FIRST_USER if user is None else user, created_at=created_at
            ).session_id
        row = store.row("SELECT * FROM sessions WHERE session_id = ?", (check_name("session_id", session_id),))
        if row is None:
            raise ValueError(f"There is no session {session_id!r}.")
        if user is not None and row["owner"] != user:
            raise ValueError(f"Session {session_id!r} belongs to {row['owner']}, not to {user!r}.")
        return row

    def _run(
        self, store: Store, run_id: str | None, user: str | None, created_at: datetime | str | None
    ) -> sqlite3.Row:
        if run_id is None:
            run_id = self.add_training_run(user=user, last_request_at=created_at).training_run_id
        row = store.run(check_name("training_run_id", run_id))
        if row is None:
            raise ValueError(f"There is no training run {run_id!r}.")
        return row


def _first_free(form: str, is_taken: Any, start: int = 0) -> str:
    names = (form.format(number) for number in itertools.count(start))
    return next(name for name in names if not is_taken(name))


def _moment_or_now(clock: Clock, what: str, value: datetime | str | None) -> int:
    return to_microseconds(clock.now()) if value is None else check_moment(what, value)


def _expiry(clock: Clock, ttl_seconds: int | None, expires_at: datetime | str | None) -> int | None:
    now = to_microseconds(clock.now())
    if expires_at is not None:
        if ttl_seconds is not None:
            raise ValueError(f"Give ttl_seconds ({ttl_seconds!r}) or expires_at ({expires_at!r}), not both.")
        expires = check_moment("expires_at", expires_at)
        if expires <= now:
            raise ValueError(f"expires_at is a time to come, not {expires_at!r}.")
        return expires
    seconds = check_number("ttl_seconds", ttl_seconds, 1, LONGEST_TTL_SECONDS)
    return None if seconds is None else now + seconds * 1_000_000


def _model_of(store: Store, model_path: object, base_model: str | None) -> str:
    parts = ADDRESS.fullmatch(model_path) if isinstance(model_path, str) else None
    if parts is not None and base_model is not None:
        return base_model
    run = store.run(parts["run_id"]) if parts is not None else None
    if parts is None or run is None or store.checkpoint(parts["run_id"], parts["kind"], parts["name"]) is None:
        raise ValueError(f"model_path is the tinker path of a checkpoint that there is, not {model_path!r}.")
    return str(run["base_model"])
