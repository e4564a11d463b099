"""A program as users write it. It is never run: strict type checkers read it against the installed package."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, assert_type

import tinker_rest
from tinker_rest import (
    AdminClient,
    APIError,
    APIFuture,
    APIStatusError,
    BulkError,
    BulkOutcome,
    BulkProgress,
    BulkResult,
    CheckpointSelection,
    ConflictError,
    DownloadError,
    DownloadProgress,
    DownloadResult,
    NotFoundError,
    Paginator,
    ParsedCheckpointTinkerPath,
    RestClient,
    RetryEvent,
    SelectedCheckpoints,
    ServiceClient,
    TinkerError,
    types,
)
from tinker_rest.bulk import BulkStatus
from tinker_rest.errors import APIResponse
from tinker_rest.types import (
    AuditLogResponse,
    BillingUsageResponse,
    Checkpoint,
    CheckpointArchiveUrlResponse,
    CheckpointsListResponse,
    ClientFinishedSessionStatusQuery,
    CurrentCheckpointStorageUsageResponse,
    Cursor,
    ExternalWeightsUrlsResponse,
    GetSamplerResponse,
    GetServerCapabilitiesResponse,
    GetSessionResponse,
    KnownCheckpointType,
    ListSessionsResponse,
    SessionFailed,
    SessionSearchRequest,
    SessionSearchResponse,
    SessionSummary,
    StorageBillingEvent,
    TrainingRun,
    TrainingRunsResponse,
    UnknownVariant,
    UserSearchOwner,
    WeightsInfoResponse,
    WhoamiResponse,
)
from tinker_rest_sandbox import Sandbox

PATH = "tinker://run-id/weights/0001"


def every_method_has_a_type(client: RestClient) -> None:
    assert_type(client.get_training_run("run-id", access_scope="accessible"), APIFuture[TrainingRun])
    assert_type(client.get_training_run_by_tinker_path(PATH, "owned").result(timeout=5), TrainingRun)
    assert_type(client.get_training_run("run-id", types.AccessScope.OWNED).result(), TrainingRun)
    assert_type(client.get_weights_info_by_tinker_path(PATH).result(), WeightsInfoResponse)
    assert_type(client.list_training_runs(limit=50, offset=50).result(), TrainingRunsResponse)
    assert_type(client.list_checkpoints("run-id").result(), CheckpointsListResponse)
    assert_type(client.latest_checkpoint("run-id", "sampler").result(), Checkpoint)
    assert_type(client.list_user_checkpoints(50, 0).result(), CheckpointsListResponse)
    assert_type(client.get_checkpoint_archive_url("run-id", "weights/1").result(), CheckpointArchiveUrlResponse)
    assert_type(client.get_checkpoint_archive_url_from_tinker_path(PATH).result(), CheckpointArchiveUrlResponse)
    assert_type(client.delete_checkpoint("run-id", "weights/1"), APIFuture[None])
    assert_type(client.delete_checkpoint_from_tinker_path(PATH), APIFuture[None])
    assert_type(client.publish_checkpoint_from_tinker_path(PATH), APIFuture[None])
    assert_type(client.unpublish_checkpoint_from_tinker_path(PATH), APIFuture[None])
    assert_type(client.set_checkpoint_ttl_from_tinker_path(PATH, None), APIFuture[None])
    assert_type(client.set_checkpoint_ttl_from_tinker_path(PATH, ttl_seconds=86400), APIFuture[None])
    assert_type(client.set_checkpoint_ttl("run-id", "weights/1", timedelta(days=1)), APIFuture[None])
    assert_type(client.get_checkpoint_archive_url("run-id", "weights/1", timeout=None).result().url, str)
    print(client.list_training_runs().training_runs)  # type: ignore[attr-defined]  # pyright: ignore
    for _ in client.list_training_runs():  # type: ignore[attr-defined]  # pyright: ignore
        pass
    assert_type(client.get_session("session-id").result(), GetSessionResponse)
    assert_type(client.list_sessions().result(), ListSessionsResponse)
    assert_type(client.get_sampler("session-id:sample:0").result(), GetSamplerResponse)
    assert_type(client.get_server_capabilities().result(), GetServerCapabilitiesResponse)
    assert_type(client.list_training_runs(project_id="p"), APIFuture[TrainingRunsResponse])
    assert_type(client.get_external_weights_urls(PATH).result(), ExternalWeightsUrlsResponse)
    assert_type(client.copy_weights(PATH, "p", ttl_seconds=86400, weights_access_token="t").result(), str)
    assert_type(client.assign_session_project("s", "p"), APIFuture[None])
    assert_type(client.export_session_trace("s").result(), str)
    assert_type(client.whoami().result(), WhoamiResponse)


def checkpoints_are_downloaded(client: RestClient, progress: Callable[[DownloadProgress], None]) -> None:
    call = client.download_checkpoint(PATH, Path("it.tar.gz"), progress=progress, resume=False, overwrite=True)
    assert_type(call, APIFuture[DownloadResult])
    try:
        result = call.result()
    except DownloadError as error:
        print(error, error.__cause__)
        return
    assert_type(result.path, Path)
    assert_type(result.verified_by, str | None)
    client.download_checkpoint(PATH, "folder", extract=True, progress=lambda now: print(now.bytes_total))
    if "adapter_config.json" in tinker_rest.verify_download(result.path):
        print("it has changed")
    client.download_checkpoint(PATH, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def sessions_are_searched(client: RestClient) -> None:
    request = SessionSearchRequest(
        display_name="nightly",
        user_metadata={"team": "research"},
        owner=UserSearchOwner(owner_urns=["tml:organization_user:u"]),
        statuses=[ClientFinishedSessionStatusQuery(reasons=["errored"])],
    )
    page = client.search_sessions(request).result()
    assert_type(page, SessionSearchResponse)
    assert_type(request.model_copy(update={"cursor": page.next_cursor}), SessionSearchRequest)
    for session in page.sessions:
        match session.status:
            case SessionFailed() as failed:
                print(failed.message, failed.reason.type)
            case UnknownVariant() as unknown:
                print(unknown.type, unknown.additional_properties)
            case None:
                print("nobody knows")
            case other:
                print(other.type)
    assert_type(page.model_dump(mode="json"), dict[str, Any])


def administrators_look_things_up(admin: AdminClient) -> None:
    usage = admin.get_billing_usage("2026-07-13T00:00:00Z", datetime(2026, 7, 14)).result()
    assert_type(usage, BillingUsageResponse)
    for event in usage.data:
        if isinstance(event.event_info, StorageBillingEvent):
            assert_type(event.event_info.gigabyte_hours, float)
        print(event.event_info.type, usage.sessions[event.session_id or ""].user_metadata)
    assert_type(admin.get_current_checkpoint_storage_usage().result(), CurrentCheckpointStorageUsageResponse)
    assert_type(admin.get_audit_log("checkpoints", date(2026, 1, 15)).result(), AuditLogResponse)


def results_have_fields(run: TrainingRun, checkpoint: Checkpoint, page: CheckpointsListResponse) -> None:
    assert_type(run.is_lora, bool)
    assert_type(run.corrupted, bool)
    assert_type(run.lora_rank, int | None)
    assert_type(run.last_checkpoint, Checkpoint | None)
    assert_type(run.user_metadata, dict[str, Any] | None)
    assert_type(run.last_request_time, datetime | None)
    assert_type(checkpoint.checkpoint_type, KnownCheckpointType | str)
    assert_type(checkpoint.training_run_id, str | None)
    assert_type(checkpoint.size_bytes, int | None)
    assert_type(checkpoint.expires_at, datetime | None)
    assert_type(checkpoint.additional_properties, dict[str, Any])
    assert_type(page.cursor, Cursor | None)
    assert_type([one.tinker_path for one in page.checkpoints], list[str])
    assert_type(types.Cursor, type[Cursor])
    if checkpoint.checkpoint_type == "training":
        print(ParsedCheckpointTinkerPath.from_tinker_path(checkpoint.tinker_path).checkpoint_id)


def futures_are_futures(client: RestClient) -> None:
    futures = [client.get_training_run(run_id) for run_id in ("a", "b")]
    done, _ = concurrent.futures.wait(futures, timeout=5)
    for future in done:
        assert_type(future.result(), TrainingRun)
    for future in concurrent.futures.as_completed(futures):
        print(future.result().base_model)
    first = futures[0]
    assert_type(first.future(), concurrent.futures.Future[TrainingRun])
    assert_type(first.exception(), BaseException | None)
    first.add_done_callback(lambda ended: print(ended.result().base_model))
    first.cancel()


async def everything_can_be_awaited(client: RestClient) -> None:
    assert_type(await client.list_training_runs(), TrainingRunsResponse)
    assert_type(await client.list_training_runs_async(limit=5), TrainingRunsResponse)
    assert_type(await client.get_sampler_async("s"), GetSamplerResponse)
    assert_type(await client.get_session("s").result_async(timeout=timedelta(seconds=3)), GetSessionResponse)
    assert_type(await client.delete_checkpoint_async("run-id", "weights/1"), None)
    assert_type(await client.download_checkpoint_async(PATH, "a"), DownloadResult)
    coroutine: Coroutine[Any, Any, TrainingRun] = client.get_training_run("a").coroutine()
    task = asyncio.create_task(coroutine)
    run, page = await asyncio.gather(task, client.list_checkpoints("a"))
    assert_type(run, TrainingRun)
    assert_type(page, CheckpointsListResponse)
    await asyncio.wait_for(client.list_sessions(), timeout=5)
    both = await asyncio.gather(client.list_sessions_async(), client.get_session_async("s"))
    assert_type(both, tuple[ListSessionsResponse, GetSessionResponse])
    async with RestClient() as other:
        assert_type(other, RestClient)


def errors_have_attributes(client: RestClient) -> None:
    try:
        client.publish_checkpoint_from_tinker_path(PATH).result()
    except (NotFoundError, ConflictError) as error:
        assert_type(error.status_code, int)
        assert_type(error.retry_after, float | None)
        assert_type(error.response, APIResponse)
        print(error.headers.get("content-type"), error.response.text)
    except APIStatusError as error:
        assert_type(error.operation_unsupported, bool)
    except APIError as error:
        assert_type(error.request_id, str)
        assert_type(error.attempts, int)
        assert_type(error.elapsed, float)
        assert_type(error.body, object)
    except TinkerError as error:
        print(error)
    print(tinker_rest.RateLimitError.__mro__)


def clients_have_options(on_retry: Callable[[RetryEvent], None]) -> None:
    with RestClient(base_url="http://127.0.0.1:1", api_key="tml-x", timeout=None, on_retry=on_retry) as client:
        assert_type(client, RestClient)
        assert_type(client.with_options(timeout=timedelta(seconds=5), max_retries=0), RestClient)
    with ServiceClient(default_headers={"Authorization": "Bearer x"}) as service:
        assert_type(service.create_rest_client(), RestClient)
        RestClient(service.holder)
    with Sandbox() as sandbox:
        assert_type(sandbox.base_url, str)
        assert_type(sandbox.client("bob", max_retries=0), RestClient)
        assert_type(sandbox.admin_client(), AdminClient)


async def sandboxes_are_programmed() -> None:
    async with Sandbox(seed=False, scenario="scenario.yaml") as sandbox:
        assert_type(sandbox.add_checkpoint(ttl_seconds=60, public=True).tinker_path, str)
        assert_type(sandbox.add_user(name="carol").api_key, str)
        fault = sandbox.faults.add(
            status=503, retry_after=0.5, times=None, match=lambda request: bool(request.body)
        )
        assert_type(fault.hits, int)
        assert_type([request.fault for request in sandbox.requests], list[str | None])
        sandbox.faults.add(statuss=503)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        sandbox.faults.add(drop=True, when="later")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        sandbox.clock.advance(60)
        sandbox.reset()


def wrong_code_is_noticed(client: RestClient) -> None:
    client.get_training_run("a", access_scope="mine")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.list_training_runs(limit="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get_training_run_async("a", "nobody")  # type: ignore  # pyright: ignore
    client.get_training_run()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type(tinker_rest.SPEC_SHA256, str)
    assert_type(client.get_audit_log().result(), AuditLogResponse)  # which warns when it is called
    client.no_such_method()  # type: ignore[attr-defined]  # pyright: ignore
    RestClient("http://127.0.0.1:1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def many_checkpoints(client: RestClient, listed: list[Checkpoint]) -> None:
    selection = CheckpointSelection(
        training_run_ids=["run-id"],
        project_ids=["p"],
        base_models={"Qwen/Qwen3-8B"},
        user_metadata={"team": "a"},
        exclude=[PATH],
        checkpoint_type="fused",
        name="step-*",
        older_than=timedelta(days=30),
        before=datetime(2026, 1, 1, tzinfo=UTC),
        larger_than=10**9,
        keep_latest=2,
        no_ttl=True,
        include_public=True,
        sort="size",
        limit=10,
    )
    assert_type(selection.apply(listed, now=datetime.now(UTC)), SelectedCheckpoints)
    assert_type(selection.keep_latest, int | None)
    assert_type(client.select_checkpoints(selection), APIFuture[SelectedCheckpoints])
    assert_type(client.delete_checkpoints(selection), APIFuture[BulkResult])
    assert_type(client.delete_checkpoints(listed, concurrency=32, log=Path("log")).result(), BulkResult)
    assert_type(client.delete_checkpoints({PATH}, log="log", missing_ok=True, progress=tell).result(), BulkResult)
    assert_type(client.delete_checkpoints(one.tinker_path for one in listed).result(), BulkResult)
    assert_type(client.set_checkpoints_ttl([PATH, *listed], None).result().outcomes, list[BulkOutcome])
    assert_type(client.publish_checkpoints([PATH]).result().failures[0].error, Exception | None)
    try:
        client.unpublish_checkpoints([PATH]).result().raise_for_failures()
    except BulkError as error:
        assert_type(error.result, BulkResult)


def tell(progress: BulkProgress) -> None:
    assert_type(progress.total, int)
    assert_type(progress.latest.status, BulkStatus)


async def many_checkpoints_async(client: RestClient, listed: list[Checkpoint]) -> None:
    assert_type(await client.select_checkpoints_async(CheckpointSelection()), SelectedCheckpoints)
    assert_type(await client.delete_checkpoints_async(listed, concurrency=2), BulkResult)
    assert_type(await client.set_checkpoints_ttl([PATH], ttl_seconds=timedelta(days=1)), BulkResult)


def many_mistakes(client: RestClient) -> None:
    client.delete_checkpoints(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.set_checkpoints_ttl([PATH])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.delete_checkpoints([PATH], 16)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CheckpointSelection(older_than=30)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CheckpointSelection(sort="name")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CheckpointSelection(7)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]


async def every_iterator_has_a_type(client: RestClient) -> None:
    assert_type(client.iter_user_checkpoints(page_size=100, max_items=5), Paginator[Checkpoint])
    assert_type(iter(client.iter_sessions()).total_count, int | None)
    assert_type(tinker_rest.to_rows(client.iter_user_checkpoints()), list[dict[str, Any]])
    for checkpoint in client.iter_user_checkpoints():
        assert_type(checkpoint, Checkpoint)
    async for awaited in client.iter_user_checkpoints():
        assert_type(awaited, Checkpoint)
    for page in client.iter_training_runs(access_scope="accessible", project_id="p").pages():
        assert_type(page, list[TrainingRun])
    async for later in client.iter_training_runs().pages():
        assert_type(later, list[TrainingRun])
    assert_type(list(client.iter_sessions(access_scope="owned")), list[str])
    found = client.iter_session_search(SessionSearchRequest(), page_size=50, max_items=None)
    assert_type([one async for one in found], list[SessionSummary])
    client.iter_sessions(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.iter_sessions(access_scope="mine")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
