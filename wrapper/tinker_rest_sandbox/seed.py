"""Fills an empty database with made-up runs, checkpoints, sessions and samplers, and what belongs to them.

Ids, sizes and choices are the same every time; times are counted back from the clock's now. Besides what
is made up, there is what the examples of the official reference and of openapi.yaml ask for.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .clock import to_microseconds
from .models import TRAINABLE_MODELS
from .organization import FIRST_USER, SECOND_USER
from .seed_organization import add_organization
from .store import Store

SESSIONS_BY_USER = {FIRST_USER: 36, SECOND_USER: 8}
EXAMPLE_SESSION = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55"
PURPOSES = ("sft", "dpo", "grpo", "distill", "eval")

_MINUTE = 60 * 1_000_000
_DAY = 24 * 60 * _MINUTE
_MEGABYTE = 1_000_000

Row = dict[str, Any]


def fill(store: Store, now: datetime) -> None:
    """Add the made-up data. Belongs in the transaction that creates the tables.

    Args:
        store: An empty store.
        now: The time from which times are counted back.
    """
    seed = _Seed(to_microseconds(now))
    seed.add_examples()
    for user, count in SESSIONS_BY_USER.items():
        for number in range(count):
            seed.add_session(user, number)
    add_organization(seed.tables, seed.now)
    for table, rows in seed.tables.items():
        store.insert(table, rows)


@dataclass
class _Seed:
    now: int
    rng: random.Random = field(default_factory=lambda: random.Random(20260713))  # noqa: S311 - not secret
    tables: dict[str, list[Row]] = field(
        default_factory=lambda: {"sessions": [], "samplers": [], "runs": [], "checkpoints": []}
    )

    def add_examples(self) -> None:
        """What the reference and openapi.yaml name in their examples."""
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
        """A session with one or two runs, their checkpoints, and samplers of some."""
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
        """Some steps of a run, each saved for training and, mostly, for sampling."""
        rng = self.rng
        saved = started
        # The first run of the second user always has something that the first user may read.
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
        """Whether the user has a public checkpoint already."""
        return any(row["public"] and row["owner"] == user for row in self.tables["checkpoints"])

    def session(self, session_id: str, owner: str, created: int, display_name: str | None) -> None:
        metadata = {"team": "research"} if display_name else None
        self.add(
            "sessions",
            session_id=session_id,
            owner=owner,
            created=created,
            display_name=display_name,
            user_metadata=metadata,
            project_id=None,
            status=None,
        )

    def sampler(self, sampler_id: str, owner: str, session_id: str, created: int, model_path: str | None) -> None:
        base_model = self.tables["runs"][-1]["base_model"]
        self.add(
            "samplers",
            sampler_id=sampler_id,
            session_id=session_id,
            owner=owner,
            base_model=base_model,
            model_path=model_path,
            created=created,
        )

    def run(self, run_id: str, owner: str, session_id: str, created: int, base_model: str | None = None) -> None:
        is_lora = base_model is not None or self.rng.random() < 0.85
        self.add(
            "runs",
            run_id=run_id,
            owner=owner,
            session_id=session_id,
            project_id=None,
            base_model=base_model or self.rng.choice(TRAINABLE_MODELS),
            is_lora=int(is_lora),
            lora_rank=self.rng.choice((8, 16, 32, 64)) if is_lora else None,
            corrupted=int(base_model is None and self.rng.random() < 0.03),
            train_unembed=self.rng.randrange(2),
            train_mlp=1,
            train_attn=1,
            last_request=created + 32 * _MINUTE,
            user_metadata={"renderer": "qwen3"} if self.rng.random() < 0.5 else None,
            optimizer_config={"type": "adamw"},
        )

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
        self.add(
            "checkpoints",
            run_id=run_id,
            kind=kind,
            name=name,
            bare_id=name if has_bare_id else None,
            owner=self.tables["runs"][-1]["owner"],
            created=created,
            size_bytes=self.rng.randrange(100 * _MEGABYTE, 12_000 * _MEGABYTE),
            public=int(public),
            expires=None if days_left is None else self.now + days_left * _DAY,
            user_metadata=None,
            copied_from=None,
        )

    def add(self, table: str, **row: Any) -> None:
        self.tables[table].append(row)
