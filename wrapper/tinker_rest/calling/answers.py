"""Makes results of answers that say yes. Each function raises ValueError where the answer cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from tinker_rest.calling.calls import Call
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import APIStatusError
from tinker_rest.network.transport import Answer
from tinker_rest.tinker_path import run_id_of
from tinker_rest_api._model import InvalidField

if TYPE_CHECKING:
    from tinker_rest.types import (
        Checkpoint,
        CheckpointArchiveUrlResponse,
        WeightsInfoResponse,
    )

T = TypeVar("T")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# What a signed URL is taken to live where the server does not say.
SIGNED_URL_LIFETIME = timedelta(minutes=15)
# How servers say that they know no such route or id.
_UNKNOWN = frozenset((404, 405))


def nothing(answer: Answer) -> None:
    """Read the answer to a change: whatever it holds means nothing, but a web page is no answer."""
    if "html" in answer.header("content-type").lower():
        raise InvalidField("the answer", None, "empty or JSON", answer)


def with_run_ids(read: Callable[[Answer], T]) -> Callable[[Answer], T]:
    """Read models, and derive the run id of each checkpoint from its path where the server left it out."""

    def read_and_derive(answer: Answer) -> T:
        result = read(answer)
        for checkpoint in _checkpoints_in(result):
            if not checkpoint.training_run_id:
                checkpoint.training_run_id = run_id_of(checkpoint.tinker_path)
        return result

    return read_and_derive


def _checkpoints_in(result: Any) -> Iterable[Checkpoint]:
    if hasattr(result, "checkpoints"):
        checkpoints: list[Checkpoint] = result.checkpoints
        return checkpoints
    runs = result.training_runs if hasattr(result, "training_runs") else [result]
    last = [one for run in runs for one in (run.last_checkpoint, run.last_sampler_checkpoint)]
    return [one for one in last if one is not None]


def archive_url(asked_at: str) -> Callable[[Answer], CheckpointArchiveUrlResponse]:
    """Read the redirect to a checkpoint's archive, which was asked for at this URL."""
    from tinker_rest.types import CheckpointArchiveUrlResponse

    def read(answer: Answer) -> CheckpointArchiveUrlResponse:
        location = answer.header("location")
        if answer.status_code != 302 or not location:
            raise ValueError("a redirect (302) to the archive was expected")
        url = joined_url(asked_at, location)
        if not is_web_url(url):
            raise ValueError("the redirect to the archive must be an http or https URL")
        return CheckpointArchiveUrlResponse(url, _expiry(answer.header("expires")))

    return read


def joined_url(base: str, location: str) -> str:
    """The URL that a redirect means; empty where it can be none."""
    try:
        is_whole = _SCHEME.match(location) is not None
        return location if is_whole or not location else urljoin(base, location)
    except ValueError:
        return ""


def is_web_url(url: str) -> bool:
    """Whether a URL is one of http or https with a host, which a request can be sent to."""
    try:
        urlsplit(url)  # refuses some that httpx does not
        parts = httpx.URL(url)
        return parts.scheme in ("http", "https") and bool(parts.host) and (parts.port or 1) < 2**16
    except (ValueError, TypeError, httpx.InvalidURL):
        return False


def with_default_optimizer(answer: Answer) -> WeightsInfoResponse:
    """Read what is known of weights; those without an optimizer were trained with AdamW."""
    from tinker_rest_api.api.checkpoints.get_weights_info_by_tinker_path import OPERATION
    from tinker_rest_api.models.adam_optimizer_config import AdamOptimizerConfig

    info = OPERATION.read_success(answer)
    if info.optimizer_config is None:
        info.optimizer_config = AdamOptimizerConfig()
    return info


def path_of_copy(answer: Answer) -> str:
    """Read the tinker path of copied weights."""
    from tinker_rest_api.api.checkpoints.copy_weights import OPERATION

    return OPERATION.read_success(answer).tinker_path


def _expiry(header: str) -> datetime:
    try:
        expires = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return datetime.now(UTC) + SIGNED_URL_LIFETIME
    return expires.replace(tzinfo=UTC) if expires.tzinfo is None else expires.astimezone(UTC)


class FirstThatKnows:
    """A call that is made another way where the server does not know the first way.

    Some servers know a checkpoint's archive by its bare name alone.
    """

    def __init__(
        self, first: Call[CheckpointArchiveUrlResponse], second: Call[CheckpointArchiveUrlResponse]
    ) -> None:
        """Keep both ways."""
        self._first = first
        self._second = second

    async def run(self, sender: Sender) -> CheckpointArchiveUrlResponse:
        """Carry out the call. Raises the error of the first way where the server knows neither."""
        try:
            return await self._first.run(sender)
        except APIStatusError as error:
            if error.status_code not in _UNKNOWN:
                raise
            try:
                return await self._second.run(sender, self._first.started)
            except APIStatusError as second:
                if second.status_code not in _UNKNOWN:
                    raise
                raise error from None
