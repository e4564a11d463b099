# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import TextEnum


class AuditEventType(TextEnum):
    """Which events to return: those of one kind of resource, or `all`."""

    ALL = "all"
    CHECKPOINTS = "checkpoints"
    ORGANIZATIONS = "organizations"
    PROJECTS = "projects"
    TEAMS = "teams"
