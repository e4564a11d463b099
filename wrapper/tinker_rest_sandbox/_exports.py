"""The public names of the package, which needs the extra `sandbox`."""

from __future__ import annotations

try:
    from .added import AddedCheckpoint, AddedProject, AddedSampler, AddedSession, AddedTrainingRun, AddedUser
    from .clock import Clock
    from .faults import Fault, FaultRule, Faults
    from .requests import ReceivedRequest, RequestLog
    from .scenario import ScenarioError
    from .server import Sandbox
    from .spec import SpecViolation, check_response
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in {"jsonschema_rs", "orjson", "starlette", "uvicorn", "yaml"}:
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
