"""A local Tinker server for tests and for trying things out.

    with Sandbox() as sandbox:
        ...  # sandbox.base_url, sandbox.api_key

or, from a shell, `python -m tinker_rest.sandbox --port 8765`.
"""

from __future__ import annotations

try:
    from .clock import Clock
    from .requests import ReceivedRequest, RequestLog
    from .server import Sandbox
    from .spec import SpecViolation, check_response
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in {"jsonschema_rs", "starlette", "uvicorn", "yaml"}:
        raise
    raise ImportError(
        f"The sandbox needs {error.name}, which is not installed: pip install 'tinker-rest[sandbox]'",
        name=error.name,
    ) from error

__all__ = ["Clock", "ReceivedRequest", "RequestLog", "Sandbox", "SpecViolation", "check_response"]
