"""The calls that the SDK and we are compared in: one line each, made in this order on one sandbox.

A row holds a call as a program writes it after `client.`, or under MADE a whole expression; `types`, `date`, `datetime` and `UTC` may be used in it.
Rows under READS are made a second time with the `_async` form of their method, if the SDK has it. What changes
something is made as it stands, so each form has a row of its own. A row is left out for a version of the SDK that has
no such method; `since` marks an argument that is newer than its method.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

MINE = "tinker://5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"
# Of the sandbox's other user: a public checkpoint, and a private one.
BOBS = "tinker://192d851c-25f5-4b86-aed5-4b938d982fb6:train:0/sampler_weights/000001"
BOBS_OWN = "tinker://192d851c-25f5-4b86-aed5-4b938d982fb6:train:0/weights/000003"
OLDEST = "0"
# How often these ask whether a file is built is up to the client.
CHECKPOINT = (
    "types.Checkpoint(checkpoint_id='weights/0001', checkpoint_type='training', "
    "time=datetime(2026, 7, 13, tzinfo=UTC), tinker_path='tinker://run-id/weights/0001')"
)
# The client of rows that make clients, exceptions and models themselves: whole expressions, with `tinker` for either.
PACKAGE = "tinker"
WAITING = ("get_checkpoint_archive_url", "export_session_trace")


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes:
        client: The class whose method it is.
        call: The call, such as `list_sessions(limit=2)`.
        since: The first version of the SDK that takes these arguments.
        faults: What the server answers first: a status, `503 after 1` with a Retry-After, or the name of an answer
            that cannot be read.
        is_steady: Whether the last fault never ends.
    """

    client: str
    call: str
    since: str = OLDEST
    faults: tuple[str, ...] = ()
    is_steady: bool = False

    @property
    def method(self) -> str:
        """The name of the method; empty for a row that is a whole expression."""
        if self.client == PACKAGE:
            return ""
        call = ast.parse(self.call, mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        return call.func.id

    @property
    def is_async(self) -> bool:
        """Whether the call gives a coroutine."""
        return self.method.endswith("_async")

    @property
    def counts_repetitions(self) -> bool:
        """Whether the same request must be sent as often: not if the two have different time limits."""
        return not (self.is_steady or self.method.startswith(WAITING))

    @property
    def as_async(self) -> Case:
        """The same call by the `_async` form of its method."""
        return replace(self, call=self.call.replace(self.method, f"{self.method}_async", 1))

    def __str__(self) -> str:
        """How a row is named in the output and in the table of known differences."""
        answered = (
            f" answered {', '.join(self.faults)}{' forever' if self.is_steady else ''}" if self.faults else ""
        )
        return f"{'' if self.client == PACKAGE else f'{self.client}.'}{self.call}{answered}"


def _rest(call: str, since: str = OLDEST) -> Case:
    return Case("RestClient", call, since)


def _made(call: str, since: str = OLDEST) -> Case:
    return Case(PACKAGE, call, since)


def _admin(call: str) -> Case:
    return Case("AdminClient", call)


def _passing(call: str, *faults: str) -> Case:
    return Case("RestClient", call, faults=faults)


def _lasting(call: str, fault: str) -> Case:
    return Case("RestClient", call, faults=(fault,), is_steady=True)


# fmt: off
READS = [
    Case("ServiceClient", "get_server_capabilities()"),
    Case("ServiceClient", "get_console_url()"),
    _rest("get_training_run('run-id')"),
    _rest("get_training_run('session-id:train:0', 'accessible')"),
    _rest("get_training_run(training_run_id='run-id', access_scope='owned')"),
    _rest("get_training_run('a b ü')"),
    _rest("get_training_run('no-such-run')"),
    _rest("get_training_run('%2e%2e')"),
    _rest("get_training_run('..')"),
    _rest("get_training_run('../sessions')"),
    _rest("get_training_run('')"),
    _rest("get_training_run('a?b#c')"),
    _rest("get_training_run_by_tinker_path('tinker://run-id/weights/checkpoint-001')"),
    _rest("get_training_run_by_tinker_path('tinker://run-id/sampler_weights/0001', access_scope='accessible')"),
    _rest("get_training_run_by_tinker_path('tinker://run-id')"),
    _rest("get_training_run_by_tinker_path('run-id/weights/0001')"),
    _rest("get_training_run_by_tinker_path('tinker://run-id/other/0001')"),
    _rest("get_training_run_by_tinker_path('tinker:///weights/0001')"),
    _rest("list_training_runs()"),
    _rest("list_training_runs(limit=2)"),
    _rest("list_training_runs(3, 40, 'accessible')"),
    _rest("list_training_runs(offset=10000)"),
    _rest("list_training_runs(limit=5, project_id='project-research')", since="0.38"),
    _rest("list_training_runs(project_id='no-such-project')", since="0.38"),
    _rest("list_training_runs(limit=0)"),
    _rest("list_training_runs(access_scope='mine')"),
    _rest("list_checkpoints('run-id')"),
    _rest("list_checkpoints(training_run_id='5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0')"),
    _rest("list_checkpoints('no-such-run')"),
    _rest("list_checkpoints('..')"),
    _rest("list_user_checkpoints()"),
    _rest("list_user_checkpoints(limit=3, offset=2)"),
    _rest("list_user_checkpoints(50, 100)"),
    _rest("list_user_checkpoints(1000)"),
    _rest("get_weights_info_by_tinker_path('tinker://run-id/weights/0001')"),
    _rest("get_weights_info_by_tinker_path('tinker://run-id/sampler_weights/0001')"),
    _rest(f"get_weights_info_by_tinker_path('{MINE}/external_weights/imported')"),
    _rest("get_weights_info_by_tinker_path('tinker://no-such-run/weights/0001')"),
    _rest("get_weights_info_by_tinker_path('run-id')"),
    _rest("get_checkpoint_archive_url('run-id', 'weights/0001')"),
    _rest("get_checkpoint_archive_url('run-id', 'sampler_weights/0001')"),
    _rest("get_checkpoint_archive_url('run-id', 'weights/no-such-checkpoint')"),
    _rest("get_checkpoint_archive_url_from_tinker_path('tinker://run-id/weights/checkpoint-001')"),
    _rest("get_checkpoint_archive_url_from_tinker_path('tinker://run-id/weights')"),
    _rest(f"get_external_weights_urls('{MINE}/external_weights/imported')"),
    _rest("get_external_weights_urls('tinker://run-id/external_weights/no-such-checkpoint')"),
    _rest("get_external_weights_urls('tinker://run-id/weights/0001')"),
    _rest("get_session('session-id')"),
    _rest("get_session('5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55', access_scope='accessible')"),
    _rest("get_session('no-such-session')"),
    _rest("get_session('a?b#c')"),
    _rest("list_sessions()"),
    _rest("list_sessions(limit=2, offset=1, access_scope='accessible')"),
    _rest("list_sessions(5, 5)"),
    _rest("list_sessions(limit=-1)"),
    _rest("get_sampler('session-id:sample:0')"),
    _rest("get_sampler('session-id:sample:1')"),
    _rest("get_sampler('no-such-sampler')"),
    _rest("get_sampler('')"),
    _rest("get_server_capabilities()"),
    _rest("whoami()"),
    _rest("search_sessions(types.SessionSearchRequest(user_metadata={'team': 'research'}, limit=3))"),
    _rest("search_sessions(types.SessionSearchRequest(display_name='nightly'))"),
    _rest("search_sessions(request=types.SessionSearchRequest(session_id='session-id', project_ids=['project-research']))"),
    _rest("search_sessions(types.SessionSearchRequest(owner=types.AccessibleSearchOwner(), statuses=[types.ActiveSessionStatusQuery(), types.FailedSessionStatusQuery()]))"),
    _rest("search_sessions(types.SessionSearchRequest(statuses=[types.ClientFinishedSessionStatusQuery(reasons=['success', 'errored']), types.CancelledSessionStatusQuery()]))"),
    _rest("search_sessions(types.SessionSearchRequest(owner=types.UserSearchOwner(owner_urns=['tml:organization_user:user-2']), limit=200))"),
    _rest("search_sessions(types.SessionSearchRequest(limit=2, cursor=client.search_sessions(types.SessionSearchRequest(limit=2)).result().next_cursor))"),
    _rest("search_sessions(types.SessionSearchRequest(project_ids=['no-such-project']))"),
    _rest("search_sessions(types.SessionSearchRequest(limit=201))"),
    _rest("search_sessions(types.SessionSearchRequest(statuses=[]))"),
    _rest("export_session_trace('session-id')"),
    _rest("export_session_trace('no-such-session')"),
    _rest("get_audit_log()"),
    _rest("get_billing_usage('2026-07-13T00:00:00Z', '2026-07-14T00:00:00Z')"),
    _rest("get_current_checkpoint_storage_usage()"),
    _rest("get_current_checkpoint_storage_usage(project_id='project-research')"),
    _admin("get_audit_log()"),
    _admin("get_audit_log('checkpoints')"),
    _admin("get_audit_log(event_type='projects', day=date(2026, 1, 15))"),
    _admin("get_audit_log('all', date(2024, 2, 29))"),
    _admin("get_audit_log(day=datetime.now(UTC).date())"),
    _admin("get_audit_log(event_type='unknown')"),
    _admin("get_billing_usage('2026-07-13T00:00:00Z', '2026-07-14T00:00:00Z')"),
    _admin("get_billing_usage(starting_on=datetime(2026, 7, 13, tzinfo=UTC), ending_before=datetime(2026, 7, 14, 5, tzinfo=UTC))"),
    _admin("get_billing_usage('2026-07-13T02:00:00+02:00', ending_before='2026-07-14T00:00:00+00:00')"),
    _admin("get_billing_usage('2026-07-13T00:00:00Z', '2026-07-13T00:00:00Z')"),
    _admin("get_billing_usage('2026-07-13T00:30:00Z', '2026-07-14T00:00:00Z')"),
    _admin("get_billing_usage('2026-06-01T00:00:00Z', '2026-07-14T00:00:00Z')"),
    _admin("get_billing_usage(datetime(2026, 7, 13), datetime(2026, 7, 14))"),
    _admin("get_billing_usage('2026-07-13', '2026-07-14')"),
    _admin("get_billing_usage('yesterday', 'today')"),
    _admin("get_billing_usage('2026-07-14T00:00:00Z', '2026-07-13T00:00:00Z')"),
    _admin("get_current_checkpoint_storage_usage()"),
    _admin("get_current_checkpoint_storage_usage('project-research')"),
    _admin("get_current_checkpoint_storage_usage(project_id='no-such-project')"),
]

CHANGES = [
    Case("ServiceClient", "copy_weights('tinker://run-id/weights/0001')"),
    _rest("publish_checkpoint_from_tinker_path('tinker://run-id/weights/0001')"),
    _rest("publish_checkpoint_from_tinker_path('tinker://run-id/weights/0001')"),  # is public by now
    _rest("unpublish_checkpoint_from_tinker_path('tinker://run-id/weights/0001')"),
    _rest("unpublish_checkpoint_from_tinker_path('tinker://run-id/weights/0001')"),  # is private by now
    _rest("publish_checkpoint_from_tinker_path_async('tinker://run-id/weights/0001')"),
    _rest("unpublish_checkpoint_from_tinker_path_async('tinker://run-id/weights/0001')"),
    _rest("publish_checkpoint_from_tinker_path('tinker://no-such-run/weights/0001')"),
    _rest("publish_checkpoint_from_tinker_path('tinker://run-id/weights/1?x=1')"),
    _rest("unpublish_checkpoint_from_tinker_path('run-id')"),
    _rest("set_checkpoint_ttl_from_tinker_path('tinker://run-id/weights/0001', 86400)"),
    _rest("set_checkpoint_ttl_from_tinker_path(tinker_path='tinker://run-id/weights/0001', ttl_seconds=None)"),
    _rest("set_checkpoint_ttl_from_tinker_path_async('tinker://run-id/weights/0001', 315360000)"),
    _rest("set_checkpoint_ttl_from_tinker_path('tinker://run-id/weights/0001', -1)"),
    _rest("set_checkpoint_ttl_from_tinker_path('tinker://run-id/weights/0001', 3600.5)"),
    _rest("set_checkpoint_ttl_from_tinker_path('tinker://run-id/weights/no-such-checkpoint', 3600)"),
    _rest(f"set_checkpoint_ttl_from_tinker_path('{BOBS}', 3600)"),
    _rest(f"publish_checkpoint_from_tinker_path('{BOBS}')"),
    _rest(f"delete_checkpoint_from_tinker_path('{BOBS}')"),
    _rest("list_checkpoints('run-id')"),  # shows the expiry
    _rest("copy_weights('tinker://run-id/weights/0001', 'project-archive')"),
    _rest("copy_weights('tinker://run-id/weights/0001', destination_project_id='project-archive', ttl_seconds=3600)"),
    _rest("copy_weights('tinker://run-id/weights/0001', 'project-archive', weights_access_token='a-token')"),
    _rest("copy_weights_async('tinker://run-id/sampler_weights/0001', 'project-research')"),
    _rest(f"copy_weights('{BOBS}', 'project-research')"),
    _rest(f"copy_weights('{BOBS_OWN}', 'project-research')"),
    _rest(f"copy_weights('{BOBS_OWN}', 'project-research', weights_access_token='weights-token-for-tests')"),
    _rest("copy_weights('tinker://run-id/weights/0001', 'project-research', ttl_seconds=5)"),
    _rest("copy_weights('run-id', 'project-research')"),
    _rest("copy_weights('tinker://run-id/weights/0001', 'no-such-project')"),
    _rest("copy_weights('tinker://run-id/weights/0001')"),
    _rest("assign_session_project('session-id', 'project-archive')"),
    _rest("assign_session_project_async('session-id', project_id='project-research')"),
    _rest("assign_session_project('no-such-session', 'project-research')"),
    _rest("assign_session_project('session-id', 'no-such-project')"),
    _rest("delete_checkpoint('run-id', 'weights/checkpoint-001')"),
    _rest("delete_checkpoint('run-id', 'weights/checkpoint-001')"),  # is gone by now
    _rest("delete_checkpoint_async('run-id', 'checkpoint-123')"),
    _rest("delete_checkpoint_from_tinker_path('tinker://session-id:train:0/sampler_weights/0001')"),
    _rest("delete_checkpoint_from_tinker_path_async('tinker://session-id:train:0/weights/0001')"),
    _rest("delete_checkpoint('no-such-run', 'a#b')"),
    _rest("delete_checkpoint('no-such-run', 'weights/a b%c')"),
    _rest("delete_checkpoint('no-such-run', '..')"),
    _rest("list_checkpoints('run-id')"),  # shows the rest
]

FAULTS = [
    _passing("get_session('session-id')", "503", "503"),
    _passing("get_session('session-id')", "429 after 1"),
    _passing("get_session('session-id')", "408", "500", "502"),
    _passing("set_checkpoint_ttl_from_tinker_path('tinker://run-id/weights/0001', 3600)", "503", "500"),
    _passing("publish_checkpoint_from_tinker_path('tinker://run-id/weights/0001')", "503", "429 after 1"),
    _passing("delete_checkpoint_from_tinker_path('tinker://run-id/weights/0001')", "500", "503"),
    _passing("copy_weights('tinker://run-id/sampler_weights/0001', 'project-research')", "503", "500"),
    Case("AdminClient", "get_audit_log()", faults=("403",), is_steady=True),
    Case("AdminClient", "get_current_checkpoint_storage_usage()", faults=("402",), is_steady=True),
    Case("AdminClient", "get_billing_usage('2026-07-13T00:00:00Z', '2026-07-14T00:00:00Z')", faults=("503", "500")),
    _lasting("get_session('session-id')", "400"),
    _lasting("get_session('session-id')", "401"),
    _lasting("get_session('session-id')", "402"),
    _lasting("get_session('session-id')", "403"),
    _lasting("get_session('session-id')", "404"),
    _lasting("get_session('session-id')", "409"),
    _lasting("get_session('session-id')", "410"),
    _lasting("get_session('session-id')", "422"),
    _lasting("get_session('session-id')", "425"),
    _lasting("get_session('session-id')", "429"),
    _lasting("get_session('session-id')", "500"),
    _lasting("get_session('session-id')", "502"),
    _lasting("get_session('session-id')", "503"),
    _lasting("get_session('session-id')", "520"),
    _lasting("get_session('session-id')", "not JSON"),
    _lasting("get_session('session-id')", "HTML"),
    _lasting("get_session('session-id')", "{}"),
    _lasting("get_session('session-id')", "[]"),
]

MADE = [
    _made("tinker.TinkerError('no')"),
    _made("tinker.APIError('no', request, body={'detail': 'no'})"),
    _made("tinker.APIConnectionError(request=request)"),
    _made("tinker.APIConnectionError(request, 'no route')"),
    _made("tinker.APIConnectionError(message='no route', request=request)"),
    _made("tinker.APITimeoutError(request=request)"),
    _made("tinker.APITimeoutError(request)"),
    _made("tinker.APIResponseValidationError(response, None)"),
    _made("tinker.APIResponseValidationError(response=response, body={}, message='odd')"),
    _made("tinker.APIStatusError('no', response, None)"),
    _made("tinker.BadRequestError('no', response=response, body=None)"),
    _made("tinker.AuthenticationError('no', response=response, body=None)"),
    _made("tinker.PermissionDeniedError('no', response=response, body=None)"),
    _made("tinker.NotFoundError('no', response=response, body=None)"),
    _made("tinker.ConflictError('no', response=response, body=None)"),
    _made("tinker.UnprocessableEntityError('no', response=response, body=None)"),
    _made("tinker.RateLimitError('no', response=response, body=None)"),
    _made("tinker.InternalServerError('no', response=response, body=None)"),
    _made("tinker.BillingError(message='no', response=response, body={'detail': 'no'})", since="0.38"),
    _made("tinker.NotFoundError.status_code"),
    _made("tinker.RequestFailedError('no', 'req-1', 'user')"),

    _made("tinker.ServiceClient({'team': 'research'}, 'project-archive').create_rest_client().get_sampler('session-id:sample:0')"),
    _made("tinker.ServiceClient(user_metadata={'team': 'research'}, project_id='project-archive').create_rest_client().whoami()", since="0.38"),
    _made("tinker.ServiceClient(project_id='project-archive', display_name='nightly').copy_weights('tinker://run-id/weights/0001')", since="0.38"),
    _made("tinker.ServiceClient(base_url=base_url, api_key=api_key).create_rest_client().list_sessions(limit=2)"),
    _made("tinker.ServiceClient(default_headers_overrides={'X-Team': 'research'}).create_rest_client().get_session('session-id')", since="0.38"),
    _made("tinker.ServiceClient(nonsense=1).create_rest_client().get_session('session-id')", since="0.38"),
    _made("tinker.ServiceClient().close('success')", since="0.38"),
    _made("tinker.RestClient(base_url=base_url, api_key=api_key).get_session('session-id')", since="0.38"),
    _made("tinker.RestClient(base_url=base_url + '/').get_session('session-id')", since="0.38"),
    _made("tinker.RestClient(tinker.ServiceClient().holder).get_session('session-id')", since="0.38"),
    _made("tinker.RestClient(api_key='tml-of-nobody').get_session('session-id')", since="0.38"),
    _made("tinker.RestClient(api_key='of-another-service').get_session('session-id')", since="0.38"),
    _made("tinker.RestClient(api_key='').get_session('session-id')", since="0.38"),
    _made("tinker.AdminClient(base_url=base_url, api_key=api_key).get_current_checkpoint_storage_usage()", since="0.38"),

    _made("tinker.ParsedCheckpointTinkerPath.from_tinker_path('tinker://run-id/weights/0001')"),
    _made("tinker.ParsedCheckpointTinkerPath(tinker_path='tinker://run-id/weights/0001', training_run_id='run-id', checkpoint_type='training', checkpoint_id='weights/0001')"),
    _made("types.AdamOptimizerConfig()", since="0.38"),
    _made("types.SessionSearchRequest(limit=3)", since="0.38"),
    _made("types.Cursor(offset=0, limit=10, total_count=3)"),
    _made(CHECKPOINT),
    _made(CHECKPOINT + ".model_dump()"),
    _made(CHECKPOINT + ".dict()"),
    _made(CHECKPOINT + ".json(exclude_none=True)", since="0.38"),
    _made(CHECKPOINT + ".model_dump_json(exclude_none=True)", since="0.38"),
    _made(CHECKPOINT + ".model_dump(by_alias=True, exclude_unset=True)"),
    _made(CHECKPOINT + ".model_dump(mode='json', exclude_none=True)"),
    _made(CHECKPOINT + ".model_dump(include={'time', 'public'})"),
    _made(CHECKPOINT + ".model_copy(update={'public': True})"),
    _made(f"dict({CHECKPOINT})"),
    _made(f"types.Checkpoint.model_validate_json({CHECKPOINT}.model_dump_json())"),
    _made(f"types.Checkpoint.model_validate({CHECKPOINT}.model_dump())"),
    _made(f"types.Checkpoint.model_validate(dict({CHECKPOINT}) | {{'of_next_year': 'text'}}).model_dump()"),
    _made(f"types.Checkpoint.model_validate(dict({CHECKPOINT}) | {{'of_next_year': 'text'}}).of_next_year"),
]
# fmt: on


def number(version: str) -> tuple[int, ...]:
    """A version as it is compared."""
    return tuple(int(part) for part in version.split("."))


def cases_for(version: str, methods: dict[str, set[str]]) -> Iterator[Case]:
    """The rows for a version of the SDK.

    Args:
        version: The version.
        methods: The methods of each of its clients, by the client's name.
    """
    with_async = [one for case in READS for one in (case, case.as_async) if one == case or _exists(one, methods)]
    for case in [*with_async, *CHANGES, *FAULTS, *MADE]:
        if _exists(case, methods) and number(version) >= number(case.since):
            yield case


def _exists(case: Case, methods: dict[str, set[str]]) -> bool:
    return case.client == PACKAGE or case.method in methods.get(case.client, set())
