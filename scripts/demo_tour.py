"""The demo itself: a tour of the clients. `scripts/demo` sets it up and runs it."""

import contextlib
import io
import os
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tinker_rest import AdminClient, APIStatusError, RestClient, TinkerError
from tinker_rest.types import AccessibleSearchOwner, Checkpoint, SessionSearchRequest

WIDTH = 46
# What the sandbox has.
ARCHIVE_PROJECT = "project-archive"


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str, bool]]:
    """The URL and key of the server to use, and whether the demo may change its data."""
    base_url, api_key = os.environ.get("TINKER_BASE_URL"), os.environ.get("TINKER_API_KEY")
    if base_url and api_key:
        yield base_url, api_key, False
        return
    from tinker_rest_sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox.base_url, sandbox.api_key, True


class Tour:
    """Calls methods, prints their results and counts failures."""

    def __init__(self) -> None:
        self.failed = 0

    def show(self, name: str, call: Callable[[], Any], tell: Callable[[Any], str]) -> Any:
        """Make one call and print one line about its result, or about its error."""
        started = time.perf_counter()
        try:
            result = call().result()
        except APIStatusError as error:
            if error.operation_unsupported or error.status_code in (401, 403):
                print(f"  {name:<{WIDTH}} not here: {error.message}")
                return None
            return self._fail(name, error)
        except TinkerError as error:
            return self._fail(name, error)
        milliseconds = (time.perf_counter() - started) * 1000
        print(f"  {name:<{WIDTH}} {tell(result)}  [{milliseconds:.0f} ms]")
        return result

    def _fail(self, name: str, error: Exception) -> None:
        self.failed += 1
        print(f"  {name:<{WIDTH}} FAILED {error}")


def gigabytes(checkpoints: list[Checkpoint]) -> str:
    return f"{sum(one.size_bytes or 0 for one in checkpoints) / 1e9:,.1f} GB"


def until(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def read_everything(tour: Tour, client: RestClient) -> tuple[str, str] | None:
    """Call every method that only reads. Returns the run and the path of a checkpoint, if there is one."""
    print("\nReading")
    tour.show(
        "get_server_capabilities()",
        client.get_server_capabilities,
        lambda server: f"{len(server.supported_models)} models",
    )
    tour.show("whoami()", client.whoami, lambda caller: f"{caller.email or caller.user_urn} of {caller.org_urn}")
    runs = tour.show(
        "list_training_runs(limit=50)",
        lambda: client.list_training_runs(limit=50),
        lambda page: f"{len(page.training_runs)} of {page.cursor.total_count} runs",
    )
    page = tour.show(
        "list_user_checkpoints(limit=1000)",
        lambda: client.list_user_checkpoints(limit=1000),
        lambda page: f"{len(page.checkpoints)} checkpoints of your own, {gigabytes(page.checkpoints)}",
    )
    run_id = runs.training_runs[0].training_run_id if runs and runs.training_runs else None
    path = page.checkpoints[0].tinker_path if page and page.checkpoints else None
    if run_id:
        tour.show(
            "get_training_run(…)",
            lambda: client.get_training_run(run_id),
            lambda run: f"{run.base_model}, LoRA rank {run.lora_rank}",
        )
        tour.show(
            "list_checkpoints(…)",
            lambda: client.list_checkpoints(run_id),
            lambda page: (
                ", ".join(f"{one.checkpoint_type} {one.checkpoint_id}" for one in page.checkpoints[:3]) + ", …"
            ),
        )
    if path:
        tour.show(
            "get_training_run_by_tinker_path(…)",
            lambda: client.get_training_run_by_tinker_path(path),
            lambda run: run.training_run_id,
        )
        tour.show(
            "get_weights_info_by_tinker_path(…)",
            lambda: client.get_weights_info_by_tinker_path(path),
            lambda info: f"{info.base_model}, rank {info.lora_rank}",
        )
    sessions = tour.show(
        "list_sessions(limit=50)",
        lambda: client.list_sessions(limit=50),
        lambda page: f"{len(page.sessions)} sessions",
    )
    samplers: list[str] = []
    for session_id in sessions.sessions[:5] if sessions else []:
        session = tour.show(
            "get_session(…)",
            partial(client.get_session, session_id),
            lambda one: f"{len(one.training_run_ids)} training runs, {len(one.sampler_ids)} samplers",
        )
        samplers += session.sampler_ids if session else []
        if samplers:
            tour.show(
                "get_sampler(…)",
                partial(client.get_sampler, samplers[0]),
                lambda one: f"{one.base_model} serving {one.model_path or 'itself'}",
            )
            break
    tour.show(
        "search_sessions(…)",
        lambda: client.search_sessions(SessionSearchRequest(owner=AccessibleSearchOwner(), limit=200)),
        lambda page: (
            f"{len(page.sessions)} sessions: "
            + ", ".join(sorted({one.status.type if one.status else "unknown" for one in page.sessions}))
        ),
    )
    return (run_id, path) if run_id and path else None


def administer(tour: Tour, admin: AdminClient) -> None:
    """Call the methods for administrators; without the role they are refused."""
    print("\nFor administrators")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    tour.show(
        "get_billing_usage(…)",
        lambda: admin.get_billing_usage(today - timedelta(days=7), today),
        lambda usage: (
            f"{len(usage.data)} entries, "
            f"{sum(one.estimated_cost_usd or 0 for one in usage.data):,.2f} USD in a week"
        ),
    )
    tour.show(
        "get_current_checkpoint_storage_usage()",
        admin.get_current_checkpoint_storage_usage,
        lambda usage: (
            f"{sum(one.size_gigabytes for one in usage.data):,.1f} GB, "
            f"{sum(one.estimated_monthly_cost_usd or 0 for one in usage.data):,.2f} USD a month, "
            "of the whole organization"
        ),
    )
    tour.show(
        "get_audit_log(day=…)",
        lambda: admin.get_audit_log(day=(today - timedelta(days=1)).date()),
        lambda log: f"{len(log.entries)} entries from yesterday",
    )


def download(tour: Tour, client: RestClient, path: str) -> None:
    """Request a checkpoint's archive in both ways, and list its files."""
    print("\nDownloading (waits while the server builds the archive)")
    run_id, _, checkpoint_id = path.removeprefix("tinker://").partition("/")
    tour.show(
        "get_checkpoint_archive_url(…)",
        lambda: client.get_checkpoint_archive_url(run_id, checkpoint_id),
        lambda archive: f"signed URL until {until(archive.expires_at)}",
    )
    archive = tour.show(
        "get_checkpoint_archive_url_from_tinker_path(…)",
        lambda: client.get_checkpoint_archive_url_from_tinker_path(path),
        lambda archive: f"signed URL until {until(archive.expires_at)}",
    )
    if archive:
        with urllib.request.urlopen(archive.url, timeout=60) as response:
            content = response.read()
        with tarfile.open(fileobj=io.BytesIO(content)) as files:
            print(f"  {'the archive':<{WIDTH}} {len(content):,} bytes: {', '.join(files.getnames())}")


def change_everything(tour: Tour, client: RestClient, run_id: str, path: str) -> None:
    """Call every method that changes something, in an order that leaves nothing published."""
    print("\nChanging")

    def expiry(_: object) -> str:
        found = [one for one in client.list_checkpoints(run_id).result().checkpoints if one.tinker_path == path]
        return f"expires: {until(found[0].expires_at)}"

    copied = tour.show(
        f"copy_weights(…, {ARCHIVE_PROJECT!r})",
        lambda: client.copy_weights(path, ARCHIVE_PROJECT, ttl_seconds=86400),
        lambda copy: f"copied to {copy}",
    )
    if copied:
        tour.show(
            "list_training_runs(project_id=…)",
            lambda: client.list_training_runs(project_id=ARCHIVE_PROJECT),
            lambda page: f"{len(page.training_runs)} runs in the project",
        )
    session_id = client.list_sessions(limit=1).result().sessions[0]
    tour.show(
        "assign_session_project(…)",
        lambda: client.assign_session_project(session_id, ARCHIVE_PROJECT),
        lambda _: f"session {session_id} is now in {ARCHIVE_PROJECT}",
    )
    tour.show("export_session_trace(…)", lambda: client.export_session_trace(session_id), lambda _: "signed URL")
    done = "done"
    publish, unpublish = client.publish_checkpoint_from_tinker_path, client.unpublish_checkpoint_from_tinker_path
    tour.show("publish_checkpoint_from_tinker_path(…)", lambda: publish(path), lambda _: done)
    tour.show("unpublish_checkpoint_from_tinker_path(…)", lambda: unpublish(path), lambda _: done)
    set_ttl = client.set_checkpoint_ttl_from_tinker_path
    tour.show("set_checkpoint_ttl_from_tinker_path(…, 86400)", lambda: set_ttl(path, 86400), expiry)
    tour.show("set_checkpoint_ttl_from_tinker_path(…, None)", lambda: set_ttl(path, None), expiry)
    delete = client.delete_checkpoint_from_tinker_path
    tour.show("delete_checkpoint_from_tinker_path(…)", lambda: delete(path), lambda _: "deleted")
    left = client.list_checkpoints(run_id).result().checkpoints
    tour.show(
        f"delete_checkpoint(…, {left[0].checkpoint_id!r})",
        lambda: client.delete_checkpoint(run_id, left[0].checkpoint_id),
        lambda _: f"deleted; {len(left) - 1} left in the run",
    )


def main() -> None:
    with server() as (base_url, api_key, may_change), RestClient(base_url=base_url, api_key=api_key) as client:
        print(f"Server: {base_url}{'' if may_change else ' (only reading)'}")
        tour = Tour()
        found = read_everything(tour, client)
        administer(tour, AdminClient(client.holder))
        if found and may_change:
            # The run of the seeded data whose checkpoints are private.
            run_id, path = "run-id", "tinker://run-id/weights/0001"
            download(tour, client, path)
            change_everything(tour, client, run_id, path)
        elif found:
            download_path = found[1]
            print(f"\nSkipped the archive of {download_path}, because building one is expensive for the server.")
        print(f"\n{'Everything worked.' if not tour.failed else f'{tour.failed} calls failed.'}")
        sys.exit(1 if tour.failed else 0)


main()
