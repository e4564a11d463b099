"""What the `add_…` methods of a sandbox return: the names of what was added."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class AddedUser:
    """A user that was added.

    Attributes:
        name: The user's name, as it is given to other `add_…` methods.
        urn: How the API names the user.
        api_key: The user's key.
    """

    name: str
    urn: str
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class AddedProject:
    """A project that was added.

    Attributes:
        project_id: Its id.
    """

    project_id: str


@dataclass(frozen=True)
class AddedSession:
    """A session that was added.

    Attributes:
        session_id: Its id.
        user: The name of its owner.
    """

    session_id: str
    user: str


@dataclass(frozen=True)
class AddedTrainingRun:
    """A training run that was added.

    Attributes:
        training_run_id: Its id.
        session_id: The id of its session, which was added too where none was given.
        user: The name of its owner.
    """

    training_run_id: str
    session_id: str
    user: str


@dataclass(frozen=True)
class AddedCheckpoint:
    """A checkpoint that was added.

    Attributes:
        tinker_path: Its address.
        training_run_id: The id of its run, which was added too where none was given.
        checkpoint_id: Its id within the run, such as `weights/0001`.
        user: The name of its owner.
    """

    tinker_path: str
    training_run_id: str
    checkpoint_id: str
    user: str


@dataclass(frozen=True)
class AddedSampler:
    """A sampler that was added.

    Attributes:
        sampler_id: Its id.
        session_id: The id of its session, which was added too where none was given.
        user: The name of its owner.
    """

    sampler_id: str
    session_id: str
    user: str
