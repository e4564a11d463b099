"""Reads what an account holds, to record it. Nothing is changed, and no signed URL is asked for."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from tinker_rest import APIResponseValidationError, APIStatusError, RestClient
from tinker_rest.types import (
    Checkpoint,
    GetSamplerResponse,
    GetSessionResponse,
    SessionSearchRequest,
    SessionSummary,
    TrainingRun,
    WeightsInfoResponse,
)

from .access import ADDRESS

IN_FLIGHT = 8
PAGE_SIZE = 100
# Answers to one question that say something of what was asked about, and not of the account or the server.
_SKIPPED = frozenset({400, 403, 404, 409, 410, 422})

_SESSION_OF_RUN = re.compile(r"(.+):train:\d+", re.DOTALL)

T = TypeVar("T")
Item = TypeVar("Item")


@dataclass
class Account:
    """What was read.

    Attributes:
        begun: When the reading began.
        runs: The training runs by their ids.
        checkpoints: The checkpoints of each run.
        weights: What the weights of a run are, where that was told.
        sessions: What belongs to each session.
        summaries: What a search tells of a session.
        samplers: The samplers by their ids.
        notes: What is missing, in sentences.
    """

    begun: datetime
    runs: dict[str, TrainingRun] = field(default_factory=dict)
    checkpoints: dict[str, list[Checkpoint]] = field(default_factory=dict)
    weights: dict[str, WeightsInfoResponse] = field(default_factory=dict)
    sessions: dict[str, GetSessionResponse] = field(default_factory=dict)
    summaries: dict[str, SessionSummary] = field(default_factory=dict)
    samplers: dict[str, GetSamplerResponse] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class AccountReader:
    """Reads an account, with a few requests at a time.

    Args:
        client: A client of the account.
        runs: The most training runs to read, the last used first; None for all.
        since: Leave out runs that were last used before this.
        progress: Called with the name of a thing and how many of it were read so far.
    """

    def __init__(
        self,
        client: RestClient,
        *,
        runs: int | None = None,
        since: datetime | None = None,
        progress: Callable[[str, int], None] = lambda _thing, _count: None,
    ) -> None:
        self._client = client
        self._most_runs = runs
        self._since = since
        self._progress = progress
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)
        self._answered: set[str] = set()
        self._missing: set[str] = set()
        self._skipped: Counter[str] = Counter()
        self._account = Account(datetime.now(UTC))

    async def read(self) -> Account:
        """Read the account.

        Raises:
            TinkerError: If the server cannot be reached, does not take the key or fails.
        """
        account = self._account
        await self._read_runs()
        await self._read_checkpoints()
        account.weights = await self._each("weights", account.runs, self._weights)
        await self._read_sessions()
        await self._search_sessions()
        sampler_ids = [sampler_id for one in account.sessions.values() for sampler_id in one.sampler_ids]
        account.samplers = await self._each("samplers", sampler_ids, self._sampler)
        account.notes += [f"The server does not offer {name}." for name in sorted(self._missing)]
        account.notes += [
            f"{count} answers to {name} were refusals or could not be read."
            for name, count in sorted(self._skipped.items())
        ]
        return account

    @property
    def _is_whole(self) -> bool:
        return self._most_runs is None and self._since is None

    async def _read_runs(self) -> None:
        runs = self._account.runs
        pages = self._pages("list_training_runs", self._client.list_training_runs, lambda page: page.training_runs)
        async for page in pages:
            for run in page:
                if self._since is None or (run.last_request_time and run.last_request_time >= self._since):
                    runs.setdefault(run.training_run_id, run)
                if len(runs) == self._most_runs:
                    return
            self._progress("training runs", len(runs))

    async def _read_checkpoints(self) -> None:
        ways = [self._read_checkpoints_of_user, self._read_checkpoints_of_runs]
        operations = ["list_user_checkpoints", "list_checkpoints"]
        if not self._is_whole:
            ways.reverse()
            operations.reverse()
        await ways[0]()
        if operations[0] in self._missing:
            await ways[1]()

    async def _read_checkpoints_of_user(self) -> None:
        account = self._account
        count = 0
        pages = self._pages(
            "list_user_checkpoints", self._client.list_user_checkpoints, lambda page: page.checkpoints
        )
        async for page in pages:
            for checkpoint in page:
                run_id = checkpoint.training_run_id
                if run_id in account.runs:
                    account.checkpoints.setdefault(run_id, []).append(checkpoint)
                    count += 1
            self._progress("checkpoints", count)

    async def _read_checkpoints_of_runs(self) -> None:
        account = self._account
        account.checkpoints = await self._each("runs' checkpoints", account.runs, self._checkpoints)

    async def _checkpoints(self, run_id: str) -> list[Checkpoint] | None:
        found = await self._ask("list_checkpoints", partial(self._client.list_checkpoints, run_id))
        return None if found is None else found.checkpoints

    async def _weights(self, run_id: str) -> WeightsInfoResponse | None:
        paths = [one.tinker_path for one in self._account.checkpoints.get(run_id, ())]
        path = next((path for path in paths if ADDRESS.fullmatch(path)), None)
        if path is None:
            return None
        ask = partial(self._client.get_weights_info_by_tinker_path, path)
        return await self._ask("get_weights_info_by_tinker_path", ask)

    async def _read_sessions(self) -> None:
        account = self._account
        if not self._is_whole:
            named = [_SESSION_OF_RUN.fullmatch(run_id) for run_id in account.runs]
            ids = dict.fromkeys(one[1] for one in named if one is not None)
            account.sessions = await self._each("sessions", ids, self._session)
            if not self._runs_without_session():
                return
        pages = self._pages("list_sessions", self._client.list_sessions, lambda page: page.sessions)
        async for page in pages:
            ids = dict.fromkeys(one for one in page if one not in account.sessions)
            account.sessions |= await self._each("sessions", ids, self._session, after=len(account.sessions))
            if not self._is_whole and not self._runs_without_session():
                return

    async def _session(self, session_id: str) -> GetSessionResponse | None:
        session = await self._ask("get_session", partial(self._client.get_session, session_id))
        is_wanted = session and (self._is_whole or self._account.runs.keys() & session.training_run_ids)
        return session if is_wanted else None

    def _runs_without_session(self) -> set[str]:
        found = {run_id for one in self._account.sessions.values() for run_id in one.training_run_ids}
        return self._account.runs.keys() - found

    async def _search_sessions(self) -> None:
        account = self._account
        cursor = None
        while account.sessions.keys() - account.summaries:
            request = SessionSearchRequest(limit=PAGE_SIZE, cursor=cursor)
            page = await self._ask("search_sessions", partial(self._client.search_sessions, request))
            if page is None:
                return
            account.summaries |= {one.session_id: one for one in page.sessions}
            if page.next_cursor is None or page.next_cursor == cursor:
                return
            cursor = page.next_cursor

    async def _sampler(self, sampler_id: str) -> GetSamplerResponse | None:
        return await self._ask("get_sampler", partial(self._client.get_sampler, sampler_id))

    async def _pages(
        self, operation: str, ask: Callable[..., Awaitable[T]], items: Callable[[T], list[Item]]
    ) -> AsyncIterator[list[Item]]:
        """All pages, until one is empty or, as of a server that knows no offset, the same as the one before."""
        offset = 0
        before: list[Item] = []
        while True:
            page = await self._ask(operation, partial(ask, limit=PAGE_SIZE, offset=offset))
            found = [] if page is None else items(page)
            if not found or found == before:
                return
            yield found
            before = found
            offset += len(found)

    async def _each(
        self, thing: str, ids: Iterable[str], read: Callable[[str], Awaitable[T | None]], after: int = 0
    ) -> dict[str, T]:
        """Read many things with as many workers as there may be requests; in the order of their ids."""
        found: dict[str, T | None] = dict.fromkeys(ids)
        remaining = iter(list(found))

        async def work() -> None:
            nonlocal after
            for one in remaining:
                found[one] = await read(one)
                after += 1
                self._progress(thing, after)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(IN_FLIGHT):
                    group.create_task(work())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return {one: value for one, value in found.items() if value is not None}

    async def _ask(self, operation: str, call: Callable[[], Awaitable[T]]) -> T | None:
        """The answer to a question; None where the server does not offer it or refuses this one."""
        if operation in self._missing:
            return None
        try:
            async with self._in_flight:
                answer = await call()
        except APIStatusError as error:
            if error.operation_unsupported and operation not in self._answered:
                self._missing.add(operation)
            elif error.status_code in _SKIPPED:
                self._skipped[operation] += 1
            else:
                raise
        except APIResponseValidationError:
            self._skipped[operation] += 1
        else:
            self._answered.add(operation)
            return answer
        return None
