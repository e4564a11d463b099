"""What each operation does: a function named after its operationId, in the module of its tag."""

import inspect

from tinker_rest_sandbox._calls import Handler
from tinker_rest_sandbox._handlers import (
    administration,
    authentication,
    checkpoints,
    samplers,
    server,
    sessions,
    training_runs,
)

MODULES = (administration, authentication, checkpoints, samplers, server, sessions, training_runs)

HANDLERS: dict[str, Handler] = {
    name: function
    for module in MODULES
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_")
}
