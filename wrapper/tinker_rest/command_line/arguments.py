"""Arguments and options that several commands take."""

from __future__ import annotations

import click

access_scope_option = click.option(
    "--access-scope",
    type=click.Choice(["owned", "accessible"]),
    default="owned",
    help="One's own (owned, the default) or all that one may read.",
)


def run_id_of(text: str) -> str:
    """The id of a training run, given as it is or as a tinker path of the run. Raises InvalidArgumentError."""
    if not text.startswith("tinker://"):
        return text
    rest = text.removeprefix("tinker://")
    if "/" not in rest.rstrip("/"):  # tinker://RUN_ID
        return rest.rstrip("/")
    from tinker_rest import ParsedCheckpointTinkerPath

    return ParsedCheckpointTinkerPath.from_tinker_path(text).training_run_id
