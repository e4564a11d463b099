"""The command lines of the SDK that are run with its own clients and with ours, in this order on one sandbox.

Each is run as it stands; `-f json` before it asks for JSON. Our own command runs them too, and must print the same
names and values as JSON and CSV. Left out is the download of what must be exported by training first, and what
`NOT_RUN` names.
"""

from __future__ import annotations

from dataclasses import dataclass

MINE = "tinker://5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"


# The commands of the SDK without a row, and those that print no JSON, and why.
NOT_RUN = {
    "auth login": "it stores a credential",
    "auth logout": "it removes a stored credential",
    "checkpoint push-hf": "it uploads to another service",
    "version": "it asks no server",
}
NO_JSON = {
    "auth status": "it prints two lines of text whatever the format",
    "checkpoint publish": "it prints nothing",
    "checkpoint set-ttl": "it prints nothing",
    "checkpoint unpublish": "it prints nothing",
}


@dataclass(frozen=True)
class Command:
    """One command line.

    Attributes:
        arguments: What follows `tinker `, without quotes.
        exit_code: With what the SDK as it is must end.
        answers: What to type when it asks.
        ours: What follows `tinker-rest `, if it differs; None if our command has nothing similar.
    """

    arguments: str
    exit_code: int = 0
    answers: str = ""
    ours: str | None = ""

    def __str__(self) -> str:
        return f"tinker {self.arguments}"

    @property
    def our_arguments(self) -> str | None:
        """The same for our own command."""
        return self.arguments if self.ours == "" else self.ours

    @property
    def prints_csv(self) -> bool:
        """Whether stdout is CSV."""
        return "csv -" in self.arguments

    @property
    def prints_json(self) -> bool:
        """Whether stdout is JSON."""
        return self.arguments.startswith("-f json ")


# fmt: off
COMMANDS = [
    Command("run list"),
    Command("-f json run list --limit 3"),
    Command("run list --limit 0 --columns id,model,owner,lora,updated,status,checkpoint,checkpoint_time"),
    Command("run list --columns nonsense", 1),
    Command("run info run-id"),
    Command("-f json run info session-id:train:0"),
    Command("run info no-such-run", 1),
    Command("checkpoint list"),
    Command("-f json checkpoint list --limit 0"),
    Command("checkpoint list --run-id run-id"),
    Command("-f json checkpoint list --run-id run-id"),
    Command("checkpoint list --run-id no-such-run", 1),
    Command("checkpoint info tinker://run-id/weights/0001"),
    Command(f"-f json checkpoint info {MINE}/external_weights/imported"),
    Command("checkpoint info tinker://run-id/weights/no-such-checkpoint", 1),
    Command("checkpoint info tinker://no-such-run/weights/0001", 1),
    Command("checkpoint info run-id", 1),
    Command("checkpoint publish tinker://run-id/weights/0001"),
    Command("checkpoint publish tinker://run-id/weights/no-such-checkpoint", 1),
    Command("checkpoint publish tinker://run-id", 1),
    Command("checkpoint unpublish tinker://run-id/weights/0001"),
    Command("checkpoint set-ttl tinker://run-id/weights/0001 --ttl 86400"),
    Command("checkpoint set-ttl tinker://run-id/weights/checkpoint-001 --remove"),
    Command("checkpoint set-ttl tinker://run-id/weights/0001 --ttl 5", 1),
    Command("checkpoint set-ttl tinker://run-id/weights/0001", 1),
    Command("checkpoint list --run-id run-id"),
    Command("-f json checkpoint list --run-id run-id"),
    Command(f"checkpoint download {MINE}/external_weights/imported --output downloaded"),
    Command(f"-f json checkpoint download {MINE}/external_weights/imported --output downloaded-too"),
    Command("checkpoint delete tinker://run-id/weights/0001 --yes"),
    Command("-f json checkpoint delete tinker://run-id/weights/0001 tinker://run-id/weights/checkpoint-001 --yes"),
    Command("checkpoint delete --run-id session-id:train:0 --type weights", answers="n\n"),
    Command(
        "checkpoint delete --run-id session-id:train:0 --type weights --after 2020-01-01", answers="y\n",
        ours="checkpoint delete --run-id session-id:train:0 --type weights --after 2020-01-01 --yes",
    ),
    Command("checkpoint delete --run-id session-id:train:0 --before 2020-01-01 --yes"),
    Command("checkpoint delete", 1),
    Command("session export-trace session-id --output trace.pftrace"),
    Command("-f json session export-trace session-id --output trace-too.pftrace"),
    Command("-f json session export-trace session-id --url-only"),
    Command("session export-trace no-such-session", 1),
    Command("billing usage 2026-07-13T00:00:00Z 2026-07-14T00:00:00Z"),
    Command("-f json billing usage 2026-07-13T00:00:00Z 2026-07-14T00:00:00Z"),
    Command("billing usage 2026-07-13T00:00:00Z 2026-07-14T00:00:00Z --csv usage.csv --sessions-csv -"),
    Command("billing usage 2026-07-13T00:00:00Z 2026-07-14T00:00:00Z --csv -"),
    Command("billing usage yesterday today", 1),
    Command("billing checkpoint-storage"),
    Command("-f json billing checkpoint-storage --project-id project-research"),
    Command("billing checkpoint-storage --csv -"),
    Command("model list"),
    Command("-f json model list qwen"),
    Command("model list nonsense", 1),
    Command("auth status", ours=None),
    Command("-f json auth status", ours=None),
    Command("auth whoami"),
    Command("-f json auth whoami"),
]
# fmt: on
