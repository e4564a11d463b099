"""Ids and tinker paths: checked before anything is sent, so that no call reaches another thing than meant."""

from typing import Literal, Self

from attrs import frozen

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import shown

CheckpointTypeName = Literal["training", "sampler", "external"]

LONGEST_ID = 512

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
    """A checkpoint's address, `tinker://{training_run_id}/{kind}/{name}`, in its parts.

    Attributes:
        tinker_path: The whole address.
        training_run_id: The id of the training run that saved the checkpoint.
        checkpoint_type: `training` (kind `weights`), `sampler` (`sampler_weights`) or `external`
            (`external_weights`).
        checkpoint_id: The id within the run: kind and name, such as `weights/0001`.
    """

    tinker_path: str
    training_run_id: str
    checkpoint_type: CheckpointTypeName
    checkpoint_id: str

    @classmethod
    def from_tinker_path(cls, tinker_path: str) -> Self:
        """Read an address. Raises InvalidArgumentError, which is a ValueError, where it is none."""
        if not isinstance(tinker_path, str) or not tinker_path.startswith(_SCHEME):
            raise InvalidArgumentError(f"tinker_path must look like {_FORM}, not {shown(tinker_path)}")
        tinker_path = str.__str__(tinker_path)
        parts = tinker_path.removeprefix(_SCHEME).split("/")
        if len(parts) != 3:
            raise InvalidArgumentError(
                f"tinker_path must have a run id, a kind and a name, as in {_FORM}, not {shown(tinker_path)}"
            )
        run_id, kind, name = parts
        if kind not in _TYPE_OF_KIND:
            raise InvalidArgumentError(
                f"the kind in {shown(tinker_path)} must be one of {_KINDS}, not {shown(kind)}"
            )
        check_segment("the run id in tinker_path", run_id)
        check_segment("the name in tinker_path", name)
        return cls(tinker_path, run_id, _TYPE_OF_KIND[kind], f"{kind}/{name}")

    def __str__(self) -> str:
        """The whole address."""
        return self.tinker_path


def check_segment(what: str, value: str, *, may_have_slash: bool = False) -> str:
    """Return an id that can be one segment of a URL's path; raise InvalidArgumentError where it cannot.

    Args:
        what: The name of the argument, for the message.
        value: The id.
        may_have_slash: Whether a slash may be part of the id. It is percent-encoded, but some servers decode it
            before they look for the operation, and may then find another one.
    """
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{what} must be a string, not {shown(value)}")
    value = str.__str__(value)  # of a member of an enumeration, its value and not its name
    if value in ("", ".", ".."):
        raise InvalidArgumentError(f"{what} must not be empty, '.' or '..'; it is {value!r}")
    if value.startswith(_SCHEME):
        raise InvalidArgumentError(
            f"{what} must be an id, not a tinker path; use the method for tinker paths with {shown(value)}"
        )
    if len(value) > LONGEST_ID:
        raise InvalidArgumentError(f"{what} must have at most {LONGEST_ID} characters; it is {shown(value)}")
    if not value.isprintable() and any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise InvalidArgumentError(f"{what} must not contain control characters; it is {shown(value)}")
    if "/" in value and not may_have_slash:
        raise InvalidArgumentError(f"{what} must not contain a slash; it is {shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(f"{what} must be valid Unicode; it is {shown(value)}") from None
    return value


def split_checkpoint_id(checkpoint_id: str) -> tuple[str | None, str]:
    """A checkpoint id as kind and name; the kind is None for an id of one part, such as `checkpoint-123`."""
    checkpoint_id = check_segment("checkpoint_id", checkpoint_id, may_have_slash=True)
    kind, slash, name = checkpoint_id.partition("/")
    if not slash:
        if checkpoint_id in _TYPE_OF_KIND:
            raise InvalidArgumentError(
                f"checkpoint_id must be like {checkpoint_id}/NAME; the name is missing in {shown(checkpoint_id)}"
            )
        return None, checkpoint_id
    if kind not in _TYPE_OF_KIND or "/" in name:
        raise InvalidArgumentError(
            f"checkpoint_id must be KIND/NAME with a kind of {_KINDS}, or an id without a slash, "
            f"not {shown(checkpoint_id)}"
        )
    check_segment("the name in checkpoint_id", name)
    return kind, name


def run_id_of(tinker_path: str) -> str | None:
    """The run id in an address that a server sent; None where there is none to be seen."""
    parts = tinker_path.split("/", 3)
    return parts[2] or None if len(parts) > 2 and parts[0].endswith(":") and not parts[1] else None
