"""What a program in Python does with the generated client alone: prints a line for each step."""

import sys
from typing import TypeVar

from tinker_rest_api.api.checkpoints import (
    get_checkpoint_archive_url,
    list_checkpoints,
    search_checkpoints,
    set_checkpoint_ttl,
)
from tinker_rest_api.api.sessions import search_sessions
from tinker_rest_api.api.training_runs import get_training_run, list_training_runs
from tinker_rest_api.client import AuthenticatedClient
from tinker_rest_api.models import (
    ApiError,
    CheckpointKind,
    CheckpointSearchRequest,
    OwnSearchOwner,
    SessionFailed,
    SessionFailedTrainingRunReason,
    SessionSearchRequest,
    SetCheckpointTtlRequest,
)

AnswerT = TypeVar("AnswerT")


def taken(answer: AnswerT | ApiError | None) -> AnswerT:
    """The result of a call, or an exception that tells its error."""
    if answer is None or isinstance(answer, ApiError):
        raise SystemExit(f"no result: {answer}")
    return answer


base_url, api_key, run_id = sys.argv[1:]
client = AuthenticatedClient(
    base_url, token=api_key, prefix="", auth_header_name="X-API-Key"
)  # follows no redirect

listed: list[str] = []
while page := taken(list_training_runs.sync(client=client, limit=2, offset=len(listed))).training_runs:
    listed += [run.training_run_id for run in page]
print(f"paging={','.join(listed)}")

print(f"get={taken(get_training_run.sync(run_id, client=client)).base_model}")

no_ttl = SetCheckpointTtlRequest(ttl_seconds=None)
changed = set_checkpoint_ttl.sync_detailed(run_id, CheckpointKind.WEIGHTS, "0001", client=client, body=no_ttl)
print(f"ttl={changed.status_code < 300}")

archive = get_checkpoint_archive_url.sync_detailed(run_id, CheckpointKind.WEIGHTS, "0001", client=client)
print(f"archive_status={int(archive.status_code)}")
print(f"archive_location={archive.headers['Location']}")
print(f"archive_expires={archive.headers['Expires']}")

absent = get_training_run.sync_detailed("no-such-run", client=client)
assert isinstance(absent.parsed, ApiError)
print(f"error_status={int(absent.status_code)}")
print(f"error_detail={absent.parsed.detail}")

print(f"new_field={taken(get_training_run.sync('newer-server', client=client)).base_model}")
newer = taken(list_checkpoints.sync("newer-server", client=client)).checkpoints
print(f"new_value={newer[0].checkpoint_type}")

request = CheckpointSearchRequest(owner=OwnSearchOwner(), limit=1)
found: list[str] = []
while True:
    found_page = taken(search_checkpoints.sync(client=client, body=request))
    found += [checkpoint.tinker_path for checkpoint in found_page.checkpoints]
    if found_page.next_cursor is None:
        break
    request = request.model_copy(update={"cursor": found_page.next_cursor})
print(f"search={','.join(found)}")

search = SessionSearchRequest(owner=OwnSearchOwner())
sessions = taken(search_sessions.sync(client=client, body=search)).sessions
status = sessions[0].status
if isinstance(status, SessionFailed) and isinstance(status.reason, SessionFailedTrainingRunReason):
    print(f"union={status.reason.training_run_id}")
print(f"new_member={','.join(session.session_id for session in sessions)}")
