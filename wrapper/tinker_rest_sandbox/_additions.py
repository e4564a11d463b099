"""Methods of a sandbox that add users, projects, sessions, training runs, checkpoints and samplers."""

import itertools
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from tinker_rest_sandbox._access import ADDRESS
from tinker_rest_sandbox._added import (
    AddedCheckpoint,
    AddedProject,
    AddedSampler,
    AddedSession,
    AddedTrainingRun,
    AddedUser,
)
from tinker_rest_sandbox._clock import Clock, to_microseconds
from tinker_rest_sandbox._fields import (
    AlreadyExistsError,
    ApiKey,
    Id,
    Kind,
    LoraRank,
    Moment,
    OptimizerConfig,
    SizeBytes,
    Status,
    Text,
    TtlSeconds,
    UserMetadata,
    checked,
    moment,
    session_status,
)
from tinker_rest_sandbox._organization import DEFAULT_PROJECT, FIRST_USER, Organization
from tinker_rest_sandbox._representations import checkpoint_id, tinker_path
from tinker_rest_sandbox._store import Store
from tinker_rest_sandbox._usage import saved_checkpoint

DEFAULT_MODEL = "Qwen/Qwen3-8B"
DEFAULT_LORA_RANK = 32
DEFAULT_SIZE_BYTES = 100_000_000


class State(NamedTuple):
    """The state to add to."""

    store: Store
    organization: Organization
    clock: Clock


class Additions(ABC):
    """Adds to a sandbox, whether it is running or not. All arguments are keywords with defaults.

    Additions are not actions of users, so the audit log does not list them.

    Every method raises ValueError if a value is wrong, names something that does not exist, or is an ID in use.
    """

    @abstractmethod
    def _open_state(self) -> State:
        """The state to add to."""

    @checked
    def add_user(
        self,
        *,
        name: Id | None = None,
        api_key: ApiKey | None = None,
        email: Text | None = None,
        administrator: bool = False,
    ) -> AddedUser:
        """Add a user, in addition to alice and bob.

        Args:
            name: The user's name; `user-3` and so on by default.
            api_key: The user's key; `tml-sandbox-NAME` by default.
            email: The e-mail address; `NAME@example.com` by default.
            administrator: Whether the user may see usage, costs and the audit log.
        """
        with self._adding() as (store, organization, _):
            number = len(organization.users) + 1
            names = (f"user-{free}" for free in itertools.count(number))
            name = _free_name("user", name, names, organization.users.__contains__)
            api_key = api_key or f"tml-sandbox-{name}"
            if api_key in organization.callers:
                raise AlreadyExistsError(f"User {organization.callers[api_key]!r} already has this api_key.")
            urn = f"tml:organization_user:user-{number}"
            row = {
                "name": name,
                "urn": urn,
                "email": email or f"{name}@example.com",
                "full_name": name.title(),
                "is_administrator": administrator,
                "api_key": api_key,
            }
            store.insert("added_users", [row])
            organization.load()
        return AddedUser(name, urn, api_key)

    @checked
    def add_project(self, *, project_id: Id | None = None) -> AddedProject:
        """Add a project, in addition to `project-research` and `project-archive`.

        Args:
            project_id: Its ID; `project-3` and so on by default.
        """
        with self._adding() as (store, organization, _):
            names = (f"project-{free}" for free in itertools.count(len(organization.projects) + 1))
            project_id = _free_name("project", project_id, names, organization.projects.__contains__)
            store.insert("added_projects", [{"project_id": project_id}])
            organization.load()
        return AddedProject(project_id)

    @checked
    def add_session(
        self,
        *,
        session_id: Id | None = None,
        user: Text = FIRST_USER,
        project_id: Id | None = DEFAULT_PROJECT,
        display_name: Text | None = None,
        user_metadata: UserMetadata | None = None,
        created_at: Moment | None = None,
        status: Status | None = "active",
    ) -> AddedSession:
        """Add a session.

        Args:
            session_id: Its ID; a UUID by default.
            user: The name of its owner.
            project_id: Its project; None for none.
            display_name: Its display name.
            user_metadata: What the user attached to it.
            created_at: When it was created; now by default.
            status: A `SessionStatus` of openapi.yaml, or only its type; None for unknown.
        """
        with self._adding() as (store, organization, clock):
            session_id = _free_name("session", session_id or store.new_id(), (), partial(_find_session, store))
            if project_id is not None and project_id not in organization.projects:
                raise ValueError(
                    f"There is no project {project_id!r}; the projects are {', '.join(organization.projects)}."
                )
            row = {
                "session_id": session_id,
                "owner": organization.check_user(user),
                "created": _microseconds(clock, created_at),
                "display_name": display_name,
                "user_metadata": user_metadata,
                "project_id": project_id,
                "status": None if status is None else session_status(status),
            }
            store.insert("sessions", [row])
        return AddedSession(session_id, user)

    @checked
    def add_training_run(
        self,
        *,
        training_run_id: Id | None = None,
        session_id: Id | None = None,
        user: Text | None = None,
        base_model: Text = DEFAULT_MODEL,
        lora_rank: LoraRank | None = DEFAULT_LORA_RANK,
        corrupted: bool = False,
        train_unembed: bool = True,
        train_mlp: bool = True,
        train_attn: bool = True,
        optimizer_config: OptimizerConfig | None = None,
        user_metadata: UserMetadata | None = None,
        last_request_at: Moment | None = None,
    ) -> AddedTrainingRun:
        """Add a training run.

        Args:
            training_run_id: Its ID; `SESSION_ID:train:0` and so on by default.
            session_id: The session that it belongs to; a new one by default.
            user: The name of its owner; the session's owner, or alice, by default.
            base_model: The model that was trained.
            lora_rank: The rank of its adapter; None for a fully trained model.
            corrupted: Whether the run failed.
            train_unembed: Whether the unembedding layer was trained.
            train_mlp: Whether the MLP layers were trained.
            train_attn: Whether the attention layers were trained.
            optimizer_config: An `OptimizerConfig` of openapi.yaml; AdamW by default.
            user_metadata: What the user attached to it.
            last_request_at: When it was last trained; now by default. A later checkpoint makes it later.
        """
        with self._adding() as (store, _, clock):
            session = self._session(store, session_id, user, created_at=last_request_at)
            session_id, owner = session["session_id"], session["owner"]
            names = (f"{session_id}:train:{free}" for free in itertools.count())
            training_run_id = _free_name("training run", training_run_id, names, store.run)
            row = {
                "run_id": training_run_id,
                "owner": owner,
                "session_id": session_id,
                "project_id": session["project_id"],
                "base_model": base_model,
                "is_lora": int(lora_rank is not None),
                "lora_rank": lora_rank,
                "corrupted": corrupted,
                "train_unembed": train_unembed,
                "train_mlp": train_mlp,
                "train_attn": train_attn,
                "last_request": _microseconds(clock, last_request_at),
                "user_metadata": user_metadata,
                "optimizer_config": dict(optimizer_config or {"type": "adamw"}),
            }
            store.insert("runs", [row])
        return AddedTrainingRun(training_run_id, session_id, owner)

    @checked
    def add_checkpoint(
        self,
        *,
        training_run_id: Id | None = None,
        kind: Kind = "weights",
        name: Id | None = None,
        has_bare_id: bool = False,
        user: Text | None = None,
        created_at: Moment | None = None,
        size_bytes: SizeBytes | None = DEFAULT_SIZE_BYTES,
        public: bool = False,
        ttl_seconds: TtlSeconds | None = None,
        expires_at: Moment | None = None,
        user_metadata: UserMetadata | None = None,
    ) -> AddedCheckpoint:
        """Add a checkpoint, as if a training run had saved it; usage includes it and its storage.

        Args:
            training_run_id: The run that saved it; a new one by default.
            kind: `weights`, `sampler_weights` or `external_weights`.
            name: Its name; `0001` and so on by default.
            has_bare_id: Whether its ID is only the name, without the kind, as on some servers.
            user: The name of its owner; the run's owner, or alice, by default.
            created_at: When it was saved; now by default.
            size_bytes: Its size in bytes; None for unknown.
            public: Whether everyone may read it.
            ttl_seconds: The number of seconds until it expires; None for never.
            expires_at: When it expires, instead of `ttl_seconds`.
            user_metadata: What the user attached to it.
        """
        with self._adding() as (store, organization, clock):
            run = self._run(store, training_run_id, user, created_at)
            run_id = run["run_id"]
            names = (f"{free:04}" for free in itertools.count(1))
            what = f"{kind} checkpoint of training run {run_id!r}"
            name = _free_name(what, name, names, partial(store.checkpoint, run_id, kind))
            if has_bare_id and store.checkpoint_by_bare_id(run_id, name) is not None:
                raise AlreadyExistsError(f"Training run {run_id!r} already has a checkpoint with the ID {name!r}.")
            if user is not None and organization.check_user(user) != run["owner"]:
                raise ValueError(f"Training run {run_id!r} belongs to {run['owner']}, not to {user!r}.")
            row = {
                "run_id": run_id,
                "kind": kind,
                "name": name,
                "bare_id": name if has_bare_id else None,
                "owner": run["owner"],
                "created": _microseconds(clock, created_at),
                "size_bytes": size_bytes,
                "public": public,
                "expires": _expiry(clock, ttl_seconds, expires_at),
                "user_metadata": user_metadata,
                "copied_from": None,
            }
            store.insert("checkpoints", [row])
            store.touch_run(run_id, int(row["created"]))
            if run["session_id"] is not None:
                store.insert("usage", [saved_checkpoint(run, int(row["created"]))])
            added = store.checkpoint(run_id, kind, name)
            assert added is not None  # noqa: S101 - it was just inserted
        return AddedCheckpoint(tinker_path(added), run_id, checkpoint_id(added), run["owner"])

    @checked
    def add_sampler(
        self,
        *,
        sampler_id: Id | None = None,
        session_id: Id | None = None,
        user: Text | None = None,
        base_model: Text | None = None,
        model_path: Text | None = None,
        created_at: Moment | None = None,
    ) -> AddedSampler:
        """Add a sampler.

        Args:
            sampler_id: Its ID; `SESSION_ID:sample:0` and so on by default.
            session_id: The session that it belongs to; a new one by default.
            user: The name of its owner; the session's owner, or alice, by default.
            base_model: The model that it samples from; the one of `model_path` by default.
            model_path: The tinker path of the checkpoint that it serves; None for the base model itself. The
                checkpoint must exist unless `base_model` is given too.
            created_at: When it was created; now by default.
        """
        with self._adding() as (store, _, clock):
            if model_path is not None:
                base_model = _model_of(store, model_path, base_model)
            session = self._session(store, session_id, user, created_at=created_at)
            session_id, owner = session["session_id"], session["owner"]
            names = (f"{session_id}:sample:{free}" for free in itertools.count())
            sampler_id = _free_name("sampler", sampler_id, names, store.sampler)
            row = {
                "sampler_id": sampler_id,
                "session_id": session_id,
                "owner": owner,
                "base_model": base_model or DEFAULT_MODEL,
                "model_path": model_path,
                "created": _microseconds(clock, created_at),
            }
            store.insert("samplers", [row])
        return AddedSampler(sampler_id, session_id, owner)

    @contextmanager
    def _adding(self) -> Iterator[State]:
        state = self._open_state()
        with state.store.transaction():
            state.organization.refresh()
            yield state

    def _session(
        self, store: Store, session_id: str | None, user: str | None, created_at: Moment | None
    ) -> sqlite3.Row:
        """The session with an ID, or a new one; if a user is given, the user must own it."""
        if session_id is None:
            session_id = self.add_session(user=user or FIRST_USER, created_at=created_at).session_id
        row = _find_session(store, session_id)
        if row is None:
            raise ValueError(f"There is no session {session_id!r}.")
        if user is not None and row["owner"] != user:
            raise ValueError(f"Session {session_id!r} belongs to {row['owner']}, not to {user!r}.")
        return row

    def _run(self, store: Store, run_id: str | None, user: str | None, created_at: Moment | None) -> sqlite3.Row:
        if run_id is None:
            run_id = self.add_training_run(user=user, last_request_at=created_at).training_run_id
        row = store.run(run_id)
        if row is None:
            raise ValueError(f"There is no training run {run_id!r}.")
        return row


def _find_session(store: Store, session_id: str) -> sqlite3.Row | None:
    return store.row("SELECT * FROM sessions WHERE session_id = ?", (session_id,))


def _free_name(what: str, given: str | None, names: Iterable[str], find: Callable[[str], object]) -> str:
    """The given name, which must not be taken, or the first free one of the others."""
    if given is None:
        return next(name for name in names if not find(name))
    if find(given):
        raise AlreadyExistsError(f"There is already a {what} named {given!r}.")
    return given


def _microseconds(clock: Clock, value: Moment | None) -> int:
    return to_microseconds(clock.now() if value is None else moment(value))


def _expiry(clock: Clock, ttl_seconds: int | None, expires_at: Moment | None) -> int | None:
    now = to_microseconds(clock.now())
    if expires_at is None:
        return None if ttl_seconds is None else now + ttl_seconds * 1_000_000
    if ttl_seconds is not None:
        raise ValueError(f"Give ttl_seconds ({ttl_seconds!r}) or expires_at ({expires_at!r}), not both.")
    expires = to_microseconds(moment(expires_at))
    if expires <= now:
        raise ValueError(f"expires_at must be in the future, not {expires_at!r}.")
    return expires


def _model_of(store: Store, model_path: str, base_model: str | None) -> str:
    parts = ADDRESS.fullmatch(model_path)
    if parts is not None and base_model is not None:
        return base_model
    run = store.run(parts["run_id"]) if parts is not None else None
    if parts is None or run is None or store.checkpoint(parts["run_id"], parts["kind"], parts["name"]) is None:
        raise ValueError(f"model_path must be the tinker path of an existing checkpoint, not {model_path!r}.")
    return str(run["base_model"])
