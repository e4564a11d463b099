"""What the `add_…` methods of a sandbox return: the names of what was added."""

from attrs import field, frozen


@frozen
class AddedUser:
    """A user that was added.

    Attributes:
        name: The user's name, for other `add_…` methods.
        urn: How the API names the user.
        api_key: The user's key.
    """

    name: str
    urn: str
    api_key: str = field(repr=False)


@frozen
class AddedProject:
    """A project that was added.

    Attributes:
        project_id: Its ID.
    """

    project_id: str


@frozen
class AddedSession:
    """A session that was added.

    Attributes:
        session_id: Its ID.
        user: The name of its owner.
    """

    session_id: str
    user: str


@frozen
class AddedTrainingRun:
    """A training run that was added.

    Attributes:
        training_run_id: Its ID.
        session_id: The ID of its session, which was added too unless it was given.
        user: The name of its owner.
    """

    training_run_id: str
    session_id: str
    user: str


@frozen
class AddedCheckpoint:
    """A checkpoint that was added.

    Attributes:
        tinker_path: Its tinker path.
        training_run_id: The ID of its run, which was added too unless it was given.
        checkpoint_id: Its ID within the run, such as `weights/0001`.
        user: The name of its owner.
    """

    tinker_path: str
    training_run_id: str
    checkpoint_id: str
    user: str


@frozen
class AddedSampler:
    """A sampler that was added.

    Attributes:
        sampler_id: Its ID.
        session_id: The ID of its session, which was added too unless it was given.
        user: The name of its owner.
    """

    sampler_id: str
    session_id: str
    user: str
