"""Tinker paths and IDs, checked before a request is sent so that no call reaches something else by mistake."""

import re
from typing import ClassVar, Literal, Self

from attrs import frozen

from tinker_rest._redaction import safe_repr
from tinker_rest.errors import InvalidArgumentError, refusal
from tinker_rest_api._model import Model

__all__ = ["CheckpointTypeName", "ParsedCheckpointTinkerPath"]

CheckpointTypeName = Literal["training", "sampler", "external"]

MAX_ID_LENGTH = 512

_SCHEME = "tinker://"
_TYPE_OF_KIND: dict[str, CheckpointTypeName] = {
    "weights": "training",
    "sampler_weights": "sampler",
    "external_weights": "external",
}
_KINDS = "|".join(_TYPE_OF_KIND)
_PATH = re.compile(f"{_SCHEME}([^/]*)/({_KINDS})/([^/]*)")
_ANY_PATH = re.compile(r"\w+://([^/]*)/\w+/([^/]*)")
_CHECKPOINT_ID = re.compile(f"(?:({_KINDS})/)?([^/]*)")
_FORM = "tinker://RUN_ID/weights/NAME, with sampler_weights or external_weights for other kinds"


@frozen
class ParsedCheckpointTinkerPath(Model):
    """The parts of a checkpoint's address, `tinker://{training_run_id}/{kind}/{name}`.

    Attributes:
        tinker_path: The whole address.
        training_run_id: The ID of the training run that saved the checkpoint.
        checkpoint_type: `training` (kind `weights`), `sampler` (`sampler_weights`) or `external`
            (`external_weights`).
        checkpoint_id: The ID within the run: kind and name, such as `weights/0001`.
    """

    field_order: ClassVar = ("tinker_path", "training_run_id", "checkpoint_type", "checkpoint_id")

    tinker_path: str
    training_run_id: str
    checkpoint_type: CheckpointTypeName
    checkpoint_id: str

    @classmethod
    def from_tinker_path(cls, tinker_path: str) -> Self:
        """Parse an address.

        Args:
            tinker_path: The address, `tinker://RUN_ID/KIND/NAME`.

        Raises:
            InvalidArgumentError: It is not a tinker path. This is a ValueError.
        """
        run_id, kind, name = _matched(_PATH, tinker_path).groups()
        return cls(str.__str__(tinker_path), run_id, _TYPE_OF_KIND[kind], f"{kind}/{name}")


def _matched(pattern: re.Pattern[str], tinker_path: str) -> re.Match[str]:
    """Match an address with a pattern whose first group is the run ID and whose last is the name."""
    found = pattern.fullmatch(tinker_path) if isinstance(tinker_path, str) else None
    if found is None:
        raise refusal("tinker_path", f"look like {_FORM}", tinker_path)
    segment("the run ID in tinker_path", found[1])
    segment("the name in tinker_path", found[found.re.groups])
    return found


def readable_path(tinker_path: str) -> tuple[str, str]:
    """Return an address and the run ID in it; its scheme and kind may be another server's."""
    found = _matched(_ANY_PATH, tinker_path)
    return found[0], found[1]


def ids_in(tinker_path: str) -> tuple[str, str]:
    """The IDs of the training run and of the checkpoint in an address. Raises InvalidArgumentError."""
    path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
    return path.training_run_id, path.checkpoint_id


def segment(name: str, value: str, *, allow_slash: bool = False) -> str:
    """Return an ID that can be one segment of a URL's path. Raises InvalidArgumentError.

    With `allow_slash`, a slash in it is percent-encoded, but some servers decode it before they route the request,
    and may then find another operation.
    """
    text = str.__str__(value) if isinstance(value, str) else ""  # the value of an enum member
    if text.startswith(_SCHEME):
        hint = f"use the method for tinker paths with {safe_repr(text)}"
        raise InvalidArgumentError(f"{name} must be an id, not a tinker path; {hint}")
    is_id = text.strip() not in ("", ".", "..") and len(text) <= MAX_ID_LENGTH and text.isprintable()
    if not is_id or ("/" in text and not allow_slash):
        allowed = f"1 to {MAX_ID_LENGTH} printable characters{'' if allow_slash else ' and no slash'}"
        raise refusal(name, f"be an id of {allowed}", value)
    return text


def split_checkpoint_id(checkpoint_id: str) -> tuple[str | None, str]:
    """Split a checkpoint ID into kind and name. The kind of an ID without a slash, `checkpoint-123`, is None."""
    found = _CHECKPOINT_ID.fullmatch(segment("checkpoint_id", checkpoint_id, allow_slash=True))
    if found is None or found[2] in _TYPE_OF_KIND:
        kinds = ", ".join(_TYPE_OF_KIND)
        expected = f"be KIND/NAME with a kind of {kinds}, or an id without a slash"
        raise refusal("checkpoint_id", expected, checkpoint_id)
    return found[1], segment("the name in checkpoint_id", found[2])
