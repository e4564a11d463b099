"""The public names of the package, which needs the extra `sandbox`."""

try:
    from tinker_rest_sandbox._added import (
        AddedCheckpoint,
        AddedProject,
        AddedSampler,
        AddedSession,
        AddedTrainingRun,
        AddedUser,
    )
    from tinker_rest_sandbox._clock import Clock
    from tinker_rest_sandbox._faults import Fault, FaultRule, Faults
    from tinker_rest_sandbox._requests import ReceivedRequest, RequestLog
    from tinker_rest_sandbox._scenario import ScenarioError
    from tinker_rest_sandbox._server import Sandbox
    from tinker_rest_sandbox._spec import SpecViolation, check_response
except ModuleNotFoundError as error:
    if (error.name or "").startswith("tinker_rest"):
        raise
    raise ImportError(
        f"The sandbox needs {error.name}, which is not installed: pip install 'tinker-rest[sandbox]'",
        name=error.name,
    ) from error

__all__ = [
    "AddedCheckpoint",
    "AddedProject",
    "AddedSampler",
    "AddedSession",
    "AddedTrainingRun",
    "AddedUser",
    "Clock",
    "Fault",
    "FaultRule",
    "Faults",
    "ReceivedRequest",
    "RequestLog",
    "Sandbox",
    "ScenarioError",
    "SpecViolation",
    "check_response",
]
