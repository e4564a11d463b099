"""Who there is in a sandbox: one organization, its users and its projects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .answers import Refusal

if TYPE_CHECKING:
    from .store import Store

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
        name: The user's name, for people.
        is_administrator: Whether the user may see usage, its cost and the audit log.
        api_key: The user's key; empty for the two users of every sandbox, whose keys it is given at its start.
    """

    urn: str
    email: str
    name: str
    is_administrator: bool
    api_key: str = field(default="", repr=False)


# The users of every sandbox. Others are added to the database.
USERS = {
    FIRST_USER: User("tml:organization_user:user-1", "alice@example.com", "Alice", is_administrator=True),
    SECOND_USER: User("tml:organization_user:user-2", "bob@example.com", "Bob", is_administrator=False),
}


class Organization:
    """The users and projects of one sandbox: those that every one has, and those that were added.

    Args:
        store: Keeps those that were added.
        keys: The API keys of the two users of every sandbox, by their names.

    Attributes:
        users: All users by their names.
        owners_by_urn: The names of all users by their URNs.
        callers: The names of all users by their API keys.
        projects: The ids of all projects.
    """

    def __init__(self, store: Store, keys: dict[str, str]) -> None:
        self._store = store
        self._keys = keys
        self.users: dict[str, User] = {}
        self.owners_by_urn: dict[str, str] = {}
        self.callers: dict[str, str] = {}
        self.projects: list[str] = []
        self.load()

    def refresh(self) -> None:
        """Read them anew if another process has changed the database."""
        if self._store.changed_elsewhere():
            self.load()

    def load(self) -> None:
        """Read anew who was added."""
        self._store.changed_elsewhere()
        added = {
            row["name"]: User(
                row["urn"], row["email"], row["full_name"], bool(row["is_administrator"]), row["api_key"]
            )
            for row in self._store.rows("SELECT * FROM added_users ORDER BY rowid")
        }
        self.users = {**USERS, **added}
        self.owners_by_urn = {user.urn: name for name, user in self.users.items()}
        keys_of_added = {user.api_key: name for name, user in added.items()}
        self.callers = keys_of_added | {key: name for name, key in self._keys.items()}
        projects = self._store.rows("SELECT project_id FROM added_projects ORDER BY rowid")
        self.projects = [*PROJECTS, *(row["project_id"] for row in projects)]

    def api_key(self, name: str) -> str:
        """The API key of a user.

        Raises:
            KeyError: If there is no user of this name.
        """
        return self._keys.get(name) or self.users[name].api_key

    def check_administrator(self, caller: str) -> None:
        """Refuse whoever is no administrator.

        Raises:
            Refusal: If the caller is none; 403.
        """
        if not self.users[caller].is_administrator:
            raise Refusal(403, "Only an administrator of the organization may do this.")

    def check_project(self, project_id: str) -> None:
        """Refuse a project that there is not.

        Raises:
            Refusal: If there is none of this id; 404.
        """
        if project_id not in self.projects:
            raise Refusal(404, f"Project {project_id} was not found.")
