"""Tinker paths and IDs, checked before a request is sent so that no call reaches something else by mistake."""

from typing import Literal, Self

from attrs import frozen

from tinker_rest._redaction import safe_repr
from tinker_rest.errors import InvalidArgumentError

__all__ = ["CheckpointTypeName", "ParsedCheckpointTinkerPath", "run_id_of"]

CheckpointTypeName = Literal["training", "sampler", "external"]

MAX_ID_LENGTH = 512

_SCHEME = "tinker://"
_TYPE_OF_KIND: dict[str, CheckpointTypeName] = {
    "weights": "training",
    "sampler_weights": "sampler",
    "external_weights": "external",
}
_KINDS = ", ".join(_TYPE_OF_KIND)
_FORM = "tinker://RUN_ID/weights/NAME or tinker://RUN_ID/sampler_weights/NAME"


@frozen
class ParsedCheckpointTinkerPath:
    """The parts of a checkpoint's address, `tinker://{training_run_id}/{kind}/{name}`.

    Attributes:
        tinker_path: The whole address.
        training_run_id: The ID of the training run that saved the checkpoint.
        checkpoint_type: `training` (kind `weights`), `sampler` (`sampler_weights`) or `external`
            (`external_weights`).
        checkpoint_id: The ID within the run: kind and name, such as `weights/0001`.
    """

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
        is_address = isinstance(tinker_path, str) and tinker_path.startswith(_SCHEME)
        parts = tinker_path.removeprefix(_SCHEME).split("/") if is_address else []
        if len(parts) != 3:
            raise InvalidArgumentError(f"tinker_path must look like {_FORM}, not {safe_repr(tinker_path)}")
        run_id, kind, name = parts
        if kind not in _TYPE_OF_KIND:
            raise InvalidArgumentError(
                f"the kind in {safe_repr(tinker_path)} must be one of {_KINDS}, not {safe_repr(kind)}"
            )
        segment("the run id in tinker_path", run_id)
        segment("the name in tinker_path", name)
        return cls(str.__str__(tinker_path), run_id, _TYPE_OF_KIND[kind], f"{kind}/{name}")

    def __str__(self) -> str:
        """The whole address."""
        return self.tinker_path


def segment(name: str, value: str, *, allow_slash: bool = False) -> str:
    """Return an ID that can be one segment of a URL's path.

    Args:
        name: The name of the argument, for the message.
        value: The ID.
        allow_slash: Whether the ID may contain a slash. It is percent-encoded, but some servers decode it before
            they route the request, and may then find another operation.

    Raises:
        InvalidArgumentError: The value cannot be such an ID.
    """
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} must be a string, not {safe_repr(value)}")
    value = str.__str__(value)  # the value of an enumeration's member, not its name
    if value.strip() in ("", ".", ".."):
        raise InvalidArgumentError(f"{name} must not be empty, '.' or '..'; it is {value!r}")
    if value.startswith(_SCHEME):
        raise InvalidArgumentError(
            f"{name} must be an id, not a tinker path; use the method for tinker paths with {safe_repr(value)}"
        )
    if len(value) > MAX_ID_LENGTH or not value.isprintable():
        raise InvalidArgumentError(
            f"{name} must have at most {MAX_ID_LENGTH} characters, all of them printable; it is {safe_repr(value)}"
        )
    if "/" in value and not allow_slash:
        raise InvalidArgumentError(f"{name} must not contain a slash; it is {safe_repr(value)}")
    return value


def split_checkpoint_id(checkpoint_id: str) -> tuple[str | None, str]:
    """Split a checkpoint ID into kind and name. The kind of an ID without a slash, `checkpoint-123`, is None."""
    checkpoint_id = segment("checkpoint_id", checkpoint_id, allow_slash=True)
    kind, slash, name = checkpoint_id.partition("/")
    if not slash and kind not in _TYPE_OF_KIND:
        return None, checkpoint_id
    if not slash or kind not in _TYPE_OF_KIND or "/" in name:
        raise InvalidArgumentError(
            f"checkpoint_id must be KIND/NAME with a kind of {_KINDS}, or an id without a slash, "
            f"not {safe_repr(checkpoint_id)}"
        )
    segment("the name in checkpoint_id", name)
    return kind, name


def run_id_of(tinker_path: str) -> str | None:
    """The training run ID in an address that a server sent, or None if it holds none."""
    parts = tinker_path.split("/", 3)
    return parts[2] or None if len(parts) > 2 and parts[0].endswith(":") and not parts[1] else None
