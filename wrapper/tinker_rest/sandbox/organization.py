"""Who there is in a sandbox: one organization with two users and two projects."""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Refusal

ORGANIZATION_ID = "org-sandbox"
ORGANIZATION_NAME = "Sandbox"

FIRST_USER = "alice"
SECOND_USER = "bob"

DEFAULT_PROJECT = "project-research"
PROJECTS = (DEFAULT_PROJECT, "project-archive")


@dataclass(frozen=True)
class User:
    """A user of the sandbox.

    Attributes:
        urn: How the API names the user where it names anybody.
        email: The user's e-mail address.
        name: The user's name.
        is_administrator: Whether the user may see usage, its cost and the audit log.
    """

    urn: str
    email: str
    name: str
    is_administrator: bool


USERS = {
    FIRST_USER: User("tml:organization_user:user-1", "alice@example.com", "Alice", is_administrator=True),
    SECOND_USER: User("tml:organization_user:user-2", "bob@example.com", "Bob", is_administrator=False),
}
OWNERS_BY_URN = {user.urn: owner for owner, user in USERS.items()}


def check_administrator(caller: str) -> None:
    """Refuse whoever is no administrator.

    Raises:
        Refusal: If the caller is none; 403.
    """
    if not USERS[caller].is_administrator:
        raise Refusal(403, "Only an administrator of the organization may do this.")


def check_project(project_id: str) -> None:
    """Refuse a project that there is not.

    Raises:
        Refusal: If there is none of this id; 404.
    """
    if project_id not in PROJECTS:
        raise Refusal(404, f"Project {project_id} was not found.")
