"""What the `add_…` methods of a sandbox return: the names of what was added."""

from attrs import field, frozen


@frozen
class AddedUser:
    """A user: the name for other `add_…` methods, the URN that the API uses, and the key."""

    name: str
    urn: str
    api_key: str = field(repr=False)


@frozen
class AddedProject:
    """A project."""

    project_id: str


@frozen
class AddedSession:
    """A session; `user` is the name of its owner."""

    session_id: str
    user: str


@frozen
class AddedTrainingRun:
    """A training run; `session_id` was added too unless it was given, and `user` is the name of its owner."""

    training_run_id: str
    session_id: str
    user: str


@frozen
class AddedCheckpoint:
    """A checkpoint; its run was added too unless it was given, and `user` is the name of its owner.

    The `checkpoint_id` is its ID within the run, such as `weights/0001`.
    """

    tinker_path: str
    training_run_id: str
    checkpoint_id: str
    user: str


@frozen
class AddedSampler:
    """A sampler; `session_id` was added too unless it was given, and `user` is the name of its owner."""

    sampler_id: str
    session_id: str
    user: str
