"""The methods of `RestClient` that select checkpoints and change many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from os import PathLike, fspath
from typing import TYPE_CHECKING

from tinker_rest.calling.calls import Call
from tinker_rest.errors import InvalidArgumentError
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.methods.arguments import check_concurrency, check_ttl
from tinker_rest.methods.checkpoints import CheckpointMethods
from tinker_rest.methods.iteration import IterationMethods
from tinker_rest.redaction import shown

if TYPE_CHECKING:
    from tinker_rest.bulk.outcomes import BulkProgress, BulkResult
    from tinker_rest.selection import CheckpointSelection
    from tinker_rest.types import Checkpoint


class BulkMethods(CheckpointMethods, IterationMethods):
    """Selects checkpoints and changes many of them; see `RestClient`."""

    def select_checkpoints(self, selection: CheckpointSelection) -> APIFuture[list[Checkpoint]]:
        """Read all one's checkpoints, or those of the runs that the selection names, and return those it means.

        Args:
            selection: Which checkpoints are meant.

        Raises:
            NotFoundError: By the future: there is no training run that `selection.training_run_ids` names.

        Calls `list_user_checkpoints` page by page, or `list_checkpoints` for each of the runs.
        """
        from tinker_rest.bulk.reading import SelectionReading
        from tinker_rest.selection import CheckpointSelection

        if not isinstance(selection, CheckpointSelection):
            raise InvalidArgumentError(f"selection must be a CheckpointSelection, not {shown(selection)}")
        return self._submit(SelectionReading(self, selection))

    def delete_checkpoints(
        self,
        checkpoints: Iterable[str | Checkpoint] | CheckpointSelection,
        *,
        concurrency: int = 16,
        journal: PathLike[str] | str | None = None,
        progress: Callable[[BulkProgress], None] | None = None,
    ) -> APIFuture[BulkResult]:
        """Delete many checkpoints for good.

        The failure of one stops nothing: each has an outcome in the result, and `raise_for_failures` of the
        result raises where one failed. One that is gone already counts as done (as does one of somebody else's
        that the server does not admit to have), so the same call can be made again. The rest is not tried where
        the key is refused, the account is blocked, or the server has been away for many in a row.

        Cancelling the future, or the task that awaits it, begins no more and ends what is in flight; the journal
        tells what was done, and is free for another run a moment later.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, of which those in a list or other collection are
                all checked before anything is sent, and those of an iterator are taken as they come, in a
                thread of their own: a path that cannot be right is an outcome that failed then. Or a
                CheckpointSelection, for which the checkpoints are read first. What comes twice is sent once. A
                selection leaves out public checkpoints, unless it says otherwise; one that is named is changed
                whether it is public or not.
            concurrency: How many requests may be in flight, from 1 to 128; 16 by default.
            journal: A file in which each outcome is written as a line of JSON; None, the default, for none. A
                call with the journal of one that was interrupted, even by a killed process, does not send again
                what is done; for a selection it goes on with the checkpoints that were meant when it began and
                still are, so not with one that was published since. One run at a time may use a journal, and
                only for the same change on the same server.
            progress: Called with a `BulkProgress` at the beginning and for each outcome, on the thread that
                makes the calls. It must not block; what it raises is logged and changes nothing.

        Raises:
            InvalidArgumentError: A checkpoint cannot be addressed, a selection has no filter at all, or the
                journal cannot be opened, is in use or of another change.
            OSError: By the future: the journal cannot be written; nothing more was begun.
            NotFoundError: By the future: a selection names a training run that there is not.
            Exception: By the future: what an iterator raised, after what had begun has ended.

        Calls what `delete_checkpoint` calls, for each of them.
        """
        prepare = partial(self._prepare_change, "delete_checkpoint", done_already=404)
        return self._change_many(
            "delete_checkpoints", prepare, checkpoints, concurrency, journal, progress, done_already=(404, 410)
        )

    def set_checkpoints_ttl(
        self,
        checkpoints: Iterable[str | Checkpoint] | CheckpointSelection,
        ttl_seconds: int | None,
        *,
        concurrency: int = 16,
        journal: PathLike[str] | str | None = None,
        progress: Callable[[BulkProgress], None] | None = None,
    ) -> APIFuture[BulkResult]:
        """Let many checkpoints expire, or keep them. Works and raises as `delete_checkpoints` does.

        A checkpoint that is not there has failed.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, or a CheckpointSelection.
            ttl_seconds: In how many seconds from the request for it each expires, from 3600 (an hour) to
                315360000 (ten years); None removes their expiries.
            concurrency: How many requests may be in flight, from 1 to 128; 16 by default.
            journal: A file that tells what was done, so that an interrupted run can go on; None for none.
            progress: Called with a `BulkProgress` for each outcome; it must not block.

        Calls what `set_checkpoint_ttl` calls, for each of them.
        """
        from tinker_rest_api.models.set_checkpoint_ttl_request import SetCheckpointTtlRequest

        body = SetCheckpointTtlRequest(ttl_seconds=check_ttl(ttl_seconds))
        prepare = partial(self._prepare_change, "set_checkpoint_ttl", body=body)
        return self._change_many(
            "set_checkpoints_ttl", prepare, checkpoints, concurrency, journal, progress, ttl_seconds=ttl_seconds
        )

    def publish_checkpoints(
        self,
        checkpoints: Iterable[str | Checkpoint] | CheckpointSelection,
        *,
        concurrency: int = 16,
        journal: PathLike[str] | str | None = None,
        progress: Callable[[BulkProgress], None] | None = None,
    ) -> APIFuture[BulkResult]:
        """Make many checkpoints readable by everyone. Works and raises as `delete_checkpoints` does.

        One that is public already counts as done.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, or a CheckpointSelection.
            concurrency: How many requests may be in flight, from 1 to 128; 16 by default.
            journal: A file that tells what was done, so that an interrupted run can go on; None for none.
            progress: Called with a `BulkProgress` for each outcome; it must not block.

        Calls what `publish_checkpoint` calls, for each of them.
        """
        prepare = partial(self._prepare_change, "publish_checkpoint", done_already=409)
        return self._change_many(
            "publish_checkpoints", prepare, checkpoints, concurrency, journal, progress, done_already=(409,)
        )

    def unpublish_checkpoints(
        self,
        checkpoints: Iterable[str | Checkpoint] | CheckpointSelection,
        *,
        concurrency: int = 16,
        journal: PathLike[str] | str | None = None,
        progress: Callable[[BulkProgress], None] | None = None,
    ) -> APIFuture[BulkResult]:
        """Make many public checkpoints private again. Works and raises as `delete_checkpoints` does.

        One that is private already counts as done.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, or a CheckpointSelection with `include_public`.
            concurrency: How many requests may be in flight, from 1 to 128; 16 by default.
            journal: A file that tells what was done, so that an interrupted run can go on; None for none.
            progress: Called with a `BulkProgress` for each outcome; it must not block.

        Calls what `unpublish_checkpoint` calls, for each of them.
        """
        from tinker_rest.selection import CheckpointSelection

        if isinstance(checkpoints, CheckpointSelection) and not checkpoints.include_public:
            raise InvalidArgumentError("checkpoints must be a CheckpointSelection with include_public=True here")
        prepare = partial(self._prepare_change, "unpublish_checkpoint", done_already=409)
        return self._change_many(
            "unpublish_checkpoints", prepare, checkpoints, concurrency, journal, progress, done_already=(409,)
        )

    select_checkpoints_async = async_variant(select_checkpoints)
    delete_checkpoints_async = async_variant(delete_checkpoints)
    set_checkpoints_ttl_async = async_variant(set_checkpoints_ttl)
    publish_checkpoints_async = async_variant(publish_checkpoints)
    unpublish_checkpoints_async = async_variant(unpublish_checkpoints)

    def _change_many(
        self,
        name: str,
        prepare: Callable[[str, str], Call[None]],
        checkpoints: Iterable[str | Checkpoint] | CheckpointSelection,
        concurrency: int,
        journal: PathLike[str] | str | None,
        progress: Callable[[BulkProgress], None] | None,
        *,
        done_already: tuple[int, ...] = (),
        ttl_seconds: int | None = None,
    ) -> APIFuture[BulkResult]:
        from tinker_rest.bulk.change import Action, BulkChange, Manner
        from tinker_rest.bulk.items import check_checkpoints

        self._refuse_closed()
        if progress is not None and not callable(progress):
            raise InvalidArgumentError(f"progress must be callable or None, not {shown(progress)}")
        if journal is not None and (not isinstance(journal, (str, PathLike)) or not fspath(journal)):
            raise InvalidArgumentError(f"journal must be the path of a file, or None, not {shown(journal)}")
        manner = Manner(check_concurrency(concurrency), journal, progress)
        action = Action(name, prepare, done_already, ttl_seconds)
        return self._submit(BulkChange(self, action, check_checkpoints(checkpoints), manner))
