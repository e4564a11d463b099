"""What each operation does: one function for each operationId of openapi.yaml, of the same name.

There is a module for each tag of the description.
"""

from __future__ import annotations

from types import ModuleType

from ..calls import Handler
from . import administration, authentication, checkpoints, samplers, server, sessions, training_runs

MODULES: tuple[ModuleType, ...] = (
    administration,
    authentication,
    checkpoints,
    samplers,
    server,
    sessions,
    training_runs,
)


def handler_of(operation_id: str) -> Handler | None:
    """The function that does what an operation is for, or None."""
    for module in MODULES:
        found: Handler | None = getattr(module, operation_id, None)
        if found is not None:
            return found
    return None
