"""Makes a scenario of what was read from an account, without what tells whose it is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from tinker_rest.types import Checkpoint, TrainingRun

from .account import Account
from .pseudonyms import Pseudonyms
from .representations import TYPES_BY_KIND

# A sandbox whose clock begins with the recording takes a moment to start.
SOONEST_EXPIRY = timedelta(minutes=1)

_KINDS_BY_TYPE = {type_: kind for kind, type_ in TYPES_BY_KIND.items()}
_PLACE = re.compile(rf"[a-z]+://[^/]+/(?P<kind>{'|'.join(TYPES_BY_KIND)})/(?P<name>[^/]+)", re.DOTALL)


class Recording:
    """The scenario of an account.

    Args:
        account: What was read.
        pseudonyms: What takes the place of names.

    Attributes:
        scenario: What stands in the file.
        notes: What is missing or was made up, in sentences.
    """

    def __init__(self, account: Account, pseudonyms: Pseudonyms) -> None:
        self._account = account
        self._names = pseudonyms
        self._left_out: Counter[str] = Counter()
        self._session_of_run = {
            run_id: session_id for session_id, one in account.sessions.items() for run_id in one.training_run_ids
        }
        runs = [self._run(run) for run in account.runs.values()]
        sessions = [self._session(session_id) for session_id in account.sessions]
        projects = dict.fromkeys(session["project_id"] for session in sessions if session["project_id"])
        self.scenario: dict[str, Any] = {
            "version": 1,
            "clock": {"start": pseudonyms.time(account.begun)},
            "projects": [{"project_id": project_id} for project_id in projects],
            "sessions": sessions,
            "training_runs": runs,
            "samplers": self._samplers(),
        }
        self.notes = [*account.notes, *(f"{count} {what}." for what, count in self._left_out.items())]

    def _run(self, run: TrainingRun) -> dict[str, Any]:
        item: dict[str, Any] = {"training_run_id": self._names.id(run.training_run_id)}
        session_id = self._session_of_run.get(run.training_run_id)
        if session_id is not None:
            item["session_id"] = self._names.id(session_id)
        else:
            self._left_out["training runs belong to no session that was read, and get one of their own"] += 1
        item |= {"base_model": self._names.model(run.base_model), "corrupted": bool(run.corrupted)}
        info = self._account.weights.get(run.training_run_id)
        rank = run.lora_rank or (info.lora_rank if info else None)
        if rank or not run.is_lora:
            item["lora_rank"] = rank if run.is_lora else None
        else:
            self._left_out["training runs have adapters of an unknown rank, which get the default"] += 1
        if info is not None:
            for name in ("train_unembed", "train_mlp", "train_attn"):
                if getattr(info, name) is not None:
                    item[name] = bool(getattr(info, name))
            if getattr(info.optimizer_config, "type", None) == "dimuon":
                item["optimizer_config"] = {
                    "type": "dimuon",
                    "version": getattr(info.optimizer_config, "version", 1),
                }
        self._add_shared(item, run.user_metadata, "last_request_at", run.last_request_time)
        item["checkpoints"] = self._checkpoints(self._account.checkpoints.get(run.training_run_id, []))
        return item

    def _checkpoints(self, found: list[Checkpoint]) -> list[dict[str, Any]]:
        items: dict[tuple[str, str], dict[str, Any]] = {}
        bare_ids: set[str] = set()
        for checkpoint in found:
            kind, original = _kind_and_name(checkpoint)
            name = self._names.checkpoint_name(original)
            if kind is None:
                self._left_out["checkpoints of another kind were left out"] += 1
                continue
            if checkpoint.expires_at and checkpoint.expires_at < self._account.begun + SOONEST_EXPIRY:
                self._left_out["checkpoints that expire within a minute were left out"] += 1
                continue
            item = {"kind": kind, "name": name, "size_bytes": checkpoint.size_bytes}
            if "/" not in checkpoint.checkpoint_id and original not in bare_ids:
                bare_ids.add(original)
                item["has_bare_id"] = True
            if checkpoint.public:
                item["public"] = True
            self._add_shared(item, checkpoint.user_metadata, "created_at", checkpoint.time)
            if checkpoint.expires_at:
                item["expires_at"] = self._names.time(checkpoint.expires_at)
            items.setdefault((kind, name), item)
        return list(items.values())

    def _session(self, session_id: str) -> dict[str, Any]:
        session, summary = self._account.sessions[session_id], self._account.summaries.get(session_id)
        item: dict[str, Any] = {"session_id": self._names.id(session_id), "project_id": None}
        status = None
        if summary is not None:
            item["project_id"] = self._names.project(summary.project_id) if summary.project_id else None
            status = self._status(summary.status.to_dict()) if summary.status else None
        if session.display_name:
            item["display_name"] = self._names.name(session.display_name)
        self._add_shared(item, session.user_metadata, "created_at", self._created(session_id))
        item["status"] = status
        return item

    def _created(self, session_id: str) -> datetime | None:
        """When a session was begun or, where no search tells that, the earliest that is known of it."""
        summary = self._account.summaries.get(session_id)
        if summary is not None:
            return summary.created_at
        run_ids = self._account.sessions[session_id].training_run_ids
        runs = [self._account.runs[run_id] for run_id in run_ids if run_id in self._account.runs]
        saved = [one.time for run in runs for one in self._account.checkpoints.get(run.training_run_id, ())]
        return min((time for time in (*saved, *(run.last_request_time for run in runs)) if time), default=None)

    def _status(self, status: dict[str, Any]) -> dict[str, Any] | None:
        kind, reason = status.get("type"), status.get("reason") or {}
        if kind in {"active", "cancelled"}:
            return {"type": kind}
        if kind == "client_finished":
            return {"type": kind, "reason": {"type": self._names.word(str(reason.get("type")))}}
        if kind == "failed":
            words = {name: self._names.word(text) for name, text in reason.items() if name.endswith("type")}
            ids = {name: self._names.id(text) for name, text in reason.items() if name.endswith("_id")}
            category = self._names.word(str(status.get("category")))
            return {"type": kind, "category": category, "reason": words | ids, "message": "It failed."}
        self._left_out["sessions are in a status that is not known here, and get none"] += 1
        return None

    def _samplers(self) -> list[dict[str, Any]]:
        items = []
        for session_id, session in self._account.sessions.items():
            created = self._created(session_id)
            for number, sampler_id in enumerate(session.sampler_ids):
                sampler = self._account.samplers.get(sampler_id)
                if sampler is None:
                    continue
                item = {
                    "sampler_id": self._names.id(sampler_id),
                    "session_id": self._names.id(session_id),
                    "base_model": self._names.model(sampler.base_model),
                }
                path = self._names.tinker_path(sampler.model_path) if sampler.model_path else None
                if path is not None:
                    item["model_path"] = path
                elif sampler.model_path:
                    self._left_out["samplers serve what is no tinker path, which was left out"] += 1
                if created is not None:  # no operation tells when; this keeps their order
                    item["created_at"] = self._names.time(created + timedelta(microseconds=number))
                items.append(item)
        return items

    def _add_shared(self, item: dict[str, Any], metadata: Any, time_field: str, time: datetime | None) -> None:
        if metadata is not None:
            item["user_metadata"] = self._names.metadata(metadata.to_dict())
        if time is not None:
            item[time_field] = self._names.time(time)


def _kind_and_name(checkpoint: Checkpoint) -> tuple[str | None, str]:
    place = _PLACE.fullmatch(checkpoint.tinker_path)
    if place is not None:
        return place["kind"], place["name"]
    return _KINDS_BY_TYPE.get(str(checkpoint.checkpoint_type)), checkpoint.checkpoint_id.rpartition("/")[2]
