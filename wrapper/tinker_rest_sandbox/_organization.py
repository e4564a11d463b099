"""The one organization of a sandbox, its users and its projects."""

from attrs import field, frozen

from tinker_rest_sandbox._responses import ApiError
from tinker_rest_sandbox._store import Store

ORGANIZATION_ID = "org-sandbox"
ORGANIZATION_NAME = "Sandbox"

FIRST_USER = "alice"
SECOND_USER = "bob"

DEFAULT_PROJECT = "project-research"
PROJECTS = (DEFAULT_PROJECT, "project-archive")


@frozen
class User:
    """A user. The key is empty for the two built-in users, whose keys are options of the sandbox."""

    urn: str
    email: str
    name: str
    is_administrator: bool
    api_key: str = field(default="", repr=False)


# The built-in users. Others are added to the database.
USERS = {
    FIRST_USER: User("tml:organization_user:user-1", "alice@example.com", "Alice", is_administrator=True),
    SECOND_USER: User("tml:organization_user:user-2", "bob@example.com", "Bob", is_administrator=False),
}


class Organization:
    """The users and projects of a sandbox: the built-in ones, and those that were added to its store.

    `keys` maps the names of the two built-in users to their API keys.

    Attributes:
        users: All users by their names.
        owners_by_urn: The names of all users by their URNs.
        callers: The names of all users by their API keys.
        projects: The IDs of all projects.
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
        """Reload them if another process has changed the database."""
        if self._store.changed_elsewhere():
            self.load()

    def load(self) -> None:
        """Reload the added users and projects."""
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
        """The API key of a user."""
        return self._keys.get(name) or self.users[name].api_key

    def check_administrator(self, caller: str) -> None:
        """Raise a 403 unless the caller is an administrator."""
        if not self.users[caller].is_administrator:
            raise ApiError(403, "Only an administrator of the organization may do this.")

    def check_project(self, project_id: str) -> None:
        """Raise a 404 unless the project exists."""
        if project_id not in self.projects:
            raise ApiError(404, f"Project {project_id} was not found.")

    def check_user(self, name: str) -> str:
        """The name of a user; raises ValueError if the user does not exist."""
        if name not in self.users:
            raise ValueError(f"There is no user {name!r}; the users are {', '.join(self.users)}.")
        return name
