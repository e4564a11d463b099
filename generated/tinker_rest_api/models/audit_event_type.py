# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class AuditEventType(StrEnum):
    """Which events to return: those of one kind of resource, or `all`."""

    ALL = "all"
    CHECKPOINTS = "checkpoints"
    ORGANIZATIONS = "organizations"
    PROJECTS = "projects"
    TEAMS = "teams"

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)
