"""Intended differences between the SDK and us, by the names of the rows and places of the output.

An entry that no longer excuses anything is an error, so that the list cannot become outdated.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from differential.comparison import Difference


@dataclass(frozen=True)
class Known:
    """A difference with its reason. In patterns, `*` is any text; alternatives stand in tuples.

    Attributes:
        rows: Patterns of the rows' names.
        places: Patterns of the places.
        sdk: The evidence: a pattern of what the SDK has in one of the row's places.
        reason: Why we are not as the SDK is.
        ours: A pattern of what we have in one of the row's places.
        version: A pattern of the SDK's versions.
    """

    rows: tuple[str, ...]
    places: tuple[str, ...]
    sdk: str
    reason: str
    ours: str = "*"
    version: str = "*"

    def excuses(self, version: str, row: str, difference: Difference, of_row: Collection[Difference]) -> bool:
        """Whether this entry covers a difference of a row, given all differences of the row."""
        return (
            _fits(version, self.version)
            and any(_fits(row, one) for one in self.rows)
            and any(_fits(difference.place, one) for one in self.places)
            and any(_fits(str(one.sdk), self.sdk) for one in of_row)
            and any(_fits(str(one.ours), self.ours) for one in of_row)
        )

    def __str__(self) -> str:
        return f"{', '.join(self.rows)} in {', '.join(self.places)} of SDK {self.version}"


def _fits(text: str, pattern: str) -> bool:
    # Brackets and question marks stand for themselves here: places, calls and requests are full of them.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def reason_for(
    version: str, row: str, difference: Difference, of_row: Collection[Difference], entries: Iterable[Known]
) -> Known | None:
    """The entry that covers a difference."""
    return next((one for one in entries if one.excuses(version, row, difference, of_row)), None)


def outlived(entries: Iterable[Known], used: Collection[Known], versions: Collection[str]) -> list[Known]:
    """The entries that excused nothing although their versions were compared."""
    return [one for one in entries if one not in used and any(_fits(version, one.version) for version in versions)]


def _refused(sdk: str, reason: str, *rows: str) -> Known:
    """An argument that we refuse at the call, with a ValueError, but the SDK sends."""
    places = ("requests", "exception*", "outcome")
    return Known(tuple(f"*.{row}" for row in rows), places, sdk, reason, ours="InvalidArgumentError*")


def _escaped(sdk: str, reason: str, *rows: str) -> Known:
    """An id whose special characters we escape, so that another request is sent and perhaps answered otherwise."""
    return Known(tuple(f"RestClient.{row}" for row in rows), ("request.line", "exception*"), sdk, reason)


def _text(rows: str, place: str, sdk: str, ours: str) -> Known:
    reason = "Ours says in words what failed and what is expected; the SDK shows what Python has inside."
    return Known((rows,), (place,), sdk, reason, ours)


def _absent(names: str, reason: str, ours: str = "*", version: str = "*") -> Known:
    """Names of the SDK that we do not have; in `names`, one after the other, `*` is any text."""
    rows = tuple(f"tinker.{name}" for name in names.split())
    return Known(rows, ("name",), "has it", reason, ours, version)


def _arguments(name: str, sdk: str, ours: str, reason: str, version: str = "*") -> Known:
    return Known((f"tinker.{name}",), ("arguments",), sdk, reason, ours, version)


# The types of requests and answers of training, sampling, sessions and telemetry.
TYPES_OF_TRAINING = """
    types.AdamParams types.CreateCustomLoss* types.CreateModel* types.CreateSamplingSession* types.CustomLoss*
    types.Datum types.DimuonParams types.DmelChunk types.EncodedTextChunk types.Forward* types.Future*
    types.GetInfo* types.Image*Chunk types.JoinSamplingSession* types.LoadWeights* types.LossFn*
    types.ModelData types.ModelInput types.ModelInputChunk types.OptimParams types.OptimStep*
    types.PromptAltTokens types.PromptProvenanceSpan types.ProvenanceSpans types.RequestErrorCategory
    types.RequestFailedResponse types.RequestID types.Sample* types.Sampling* types.SaveWeights*
    types.StopReason types.Tensor* types.UnloadModel* types.UntypedAPIFuture
"""
TYPES_OF_SESSIONS = """
    types.ClientDynamicConfigResponse types.CreateSession* types.EventType types.GenericEvent types.HealthResponse
    types.SessionEndEvent types.SessionHeartbeat* types.SessionStartEvent types.Severity types.Telemetry*
    types.UnhandledExceptionEvent
"""

# fmt: off
KNOWN: list[Known] = [
    _refused("GET /api/v1?access_scope=owned *", "The SDK leaves its endpoint.", "get_training_run*('..')"),
    _refused("GET /api/v1/sessions?access_scope=owned *", "The SDK leaves its endpoint and asks for sessions.", "get_training_run*('../sessions')"),
    _refused("GET /api/v1/training_runs/?access_scope=owned *", "The SDK calls another operation.", "get_training_run*('')", "get_training_run_by_tinker_path*('tinker:///weights/0001')"),
    _refused("GET /api/v1/samplers/ *", "The SDK calls another operation.", "get_sampler*('')"),
    _refused("GET /api/v1/checkpoints *", "The SDK calls another operation, and gives the checkpoints of all runs.", "list_checkpoints*('..')"),
    _refused("DELETE /api/v1/training_runs/no-such-run *", "The SDK asks for the deletion of the whole run.", "delete_checkpoint('no-such-run', '..')"),
    _refused("* x 1", "The SDK sends what no server takes.", "*(limit=0)", "*(limit=-1)", "*(access_scope='mine')", "get_weights_info_by_tinker_path('run-id')", "get_audit_log*(event_type='unknown')", "get_billing_usage*('2026-07-14T00:00:00Z', '2026-07-13T00:00:00Z')", "get_billing_usage*('2026-07-13T00:00:00Z', '2026-07-13T00:00:00Z')", "get_billing_usage*('2026-07-13T00:30:00Z', *", "copy_weights(*, ttl_seconds=5)", "copy_weights('run-id', *", "set_checkpoint_ttl_from_tinker_path(*, -1)", "set_checkpoint_ttl_from_tinker_path(*, 3600.5)"),

    _escaped("GET /api/v1/sessions/a?access_scope=owned", "The SDK asks for another session.", "get_session*('a?b#c')"),
    _escaped("GET /api/v1/training_runs/a?access_scope=owned", "The SDK asks for another run.", "get_training_run*('a?b#c')"),
    _escaped("GET /api/v1/*?access_scope=owned", "The SDK lets an id be a part of the path: 0.38 leaves its endpoint with it.", "get_training_run*('%2e%2e')"),
    _escaped("POST */checkpoints/weights/1?x=1/publish", "The SDK cuts the path off, and publishes nothing.", "publish_checkpoint_from_tinker_path('tinker://run-id/weights/1?x=1')"),
    _escaped("DELETE */checkpoints/a", "The SDK deletes another checkpoint.", "delete_checkpoint('no-such-run', 'a#b')"),
    _escaped("DELETE */checkpoints/weights/a%20b%c", "The SDK sends an invalid escape.", "delete_checkpoint('no-such-run', 'weights/a b%c')"),

    Known(("RestClient.get_training_run_by_tinker_path*('tinker://run-id/other/0001')",), ("requests", "outcome"), "*", "Ours reads the run from paths of other servers too, whose kinds differ."),
    Known(("RestClient.*publish_checkpoint*",), ("retries",), "*", "The SDK repeats what is refused for good (409) for five minutes.", ours="1"),
    Known(("RestClient.* answered not JSON forever",), ("exception*",), "ValueError", "The SDK lets the JSON parser's own exception through, which is no TinkerError.", ours="APIResponseValidationError"),
    Known(("*.get_audit_log*",), ("request.headers.x-api-key",), "sent", "The SDK sends the API key to the host that it is redirected to.", ours="(nothing)"),
    Known(("AdminClient.get_billing_usage*+02:00*",), ("request.line",), "*T02%3A00%3A00%2B02%3A00*", "The same moment, in UTC.", ours="*T00%3A00%3A00Z*"),
    Known(("AdminClient.get_billing_usage*(datetime(2026, 7, 13), *", "AdminClient.get_billing_usage*('2026-07-13', *"), ("request.line", "outcome"), "*starting_on=2026-07-13T00%3A00%3A00&*", "The SDK sends a time without a zone, which is no RFC 3339; ours is in UTC.", ours="*T00%3A00%3A00Z*"),
    Known(("AdminClient.get_billing_usage*('2026-06-01T00:00:00Z', *",), ("requests", "exception*", "outcome", "result*"), "*", "The SDK sends what no server accepts; ours reads more than 14 days by several calls."),
    Known(("RestClient.search_sessions(*statuses=[]))",), ("requests", "exception*"), "*", "The SDK refuses it at the call; with ours the server does, whose message names the field."),

    _text("tinker *", "stderr, Details", "Details: Error code: 404 - {'detail': '*'}", "Details: 404 Not Found: *"),
    _text("tinker checkpoint info tinker://no-such-run/*", "stderr, Error", "*Error code: 404 - {'detail': '*'}", "*404 Not Found: *"),
    _text("tinker -f json checkpoint delete *", "stdout.failed[].error", "Error code: 404 - {'detail': '*'}", "*404 Not Found: *"),
    _text("tinker checkpoint publish tinker://run-id", "stderr, Error", "*Invalid tinker path: tinker://run-id", "*tinker_path must look like*"),
    _text("tinker billing usage yesterday today", "stderr (lines)", "*2 validation errors for GetBillingUsageRequest*", "*starting_on must be*"),
    Known(("tinker-rest -f json *",), ("stdout*.time", "stdout*.last_request_time", "stdout*.expires_at"), "*+00:00", "Our JSON has times in RFC 3339, as the API's; the SDK prints Python's form of them.", ours="*T*Z"),
    Known(("tinker-rest -f json checkpoint download *",), ("stdout.destination",), "*/5f2d7413-*:train:0_*", "Ours is the whole path, and has no colons, which Windows does not take.", ours="/*_train_0_*"),
    _text("tinker-rest -f json checkpoint delete *", "stdout.failed[].error", "Error code: 404 - {'detail': '*'}", "*404 Not Found: *"),
    Known(("tinker-rest -f json checkpoint delete * --yes",), ("exit code",), "0", "Ours is 5 if some of many checkpoints could not be deleted.", ours="5: *"),
    Known(("tinker-rest checkpoint delete --run-id session-id:train:0 --type weights",), ("exit code",), "0", "Ours asks at a terminal only, so that nothing that is piped in agrees to a deletion.", ours="2: *"),
    Known(("tinker-rest billing usage yesterday today",), ("exit code",), "1", "Ours takes times as people say them.", ours="0: *"),
    Known(("tinker checkpoint set-ttl * --ttl 5",), ("stderr (lines)", "requests"), "Error: Invalid request*", "The SDK sends what no server takes.", ours="*ttl_seconds must be*"),

    _absent("*", "Training and sampling are left to the SDK, as the message says.", "*; training and sampling are in the official SDK, tinker"),
    _absent(TYPES_OF_TRAINING, "Training and sampling are left to the SDK."),
    _absent(TYPES_OF_SESSIONS, "We make no sessions and send no telemetry."),
    _absent("types.GetBillingUsageRequest types.GetCurrentCheckpointStorageUsageRequest", "The methods take these as arguments; no program makes the request itself."),
    _absent("types.checkpoint", "`tinker_rest.types` has all types itself."),
    _absent("Timeout RequestOptions", "No public type of ours is httpx's; the message says what to give instead.", "*; give *"),
    _absent("RequestFailedError ExperimentalWarning", "No operation of ours raises or gives it, as the message says.", "*; no REST operation *"),
    _absent("auth", "The message names what checks a key.", "*; RestClient().whoami() *"),
    _absent("__title__", "It is the package's name, which is `__name__`."),
    _absent("Sidecar*", "There are no sidecar processes, and later versions of the SDK have none.", version="0.18.*"),
    _arguments("types.ClientConfigResponse", "*", "*takes no *", "The SDK's clients ask for it themselves; our own need two of its fields."),
    _arguments("types.CopyWeightsRequest", "*", "takes no session_id=*", "`copy_weights` makes it; without a session, none can be named."),
    _arguments("types.SessionSearchRequest", "*owner=OwnSearchOwner(*", "has owner=None*", "The owner is filled in when the search is sent, so that a server's own default can be told apart."),
    _arguments("types.WeightsInfoResponse", "*optimizer_config=AdamOptimizerConfig(*", "has optimizer_config=None*", "A server that leaves out the optimizer has not said which it is."),
    _arguments("types.CheckpointArchiveUrlResponse", "*expires", "takes no expires=*", "Its name is that of the SDK's reference, with the SDK's as another name of it.", version="0.18.*"),
    _arguments("APIResponseValidationError", "*message=None", "has message='Data returned by API *", "The SDK puts this text in place of None."),
    Known(("types.SessionSearchRequest(limit=3)",), ("result.*owner",), "*own*", "The owner is filled in when the search is sent.", ours="None"),
    Known(("tinker.NotFoundError.status_code",), ("outcome",), "result 404", "The status is that of a response, and a class has none.", ours="AttributeError: *"),
    Known(("tinker.RequestFailedError(*",), ("outcome",), "result *", "No operation of ours raises it, as the message says.", ours="AttributeError: * no REST operation raises it"),
    Known(("tinker.ServiceClient(nonsense=1)*",), ("requests", "outcome"), "*", "The SDK warns of arguments that it does not know, and will refuse them.", ours="TypeError: * unexpected keyword argument 'nonsense'"),
    Known(("tinker.RestClient(api_key='tml-of-nobody')*",), ("requests", "exception.raised_by"), "call", "The SDK exchanges the key when a client is made; ours asks nothing before it must.", ours="result"),
    Known(("tinker.RestClient(api_key='')*",), ("requests", "outcome"), "result *", "An empty key is a mistake; the SDK takes the key of the environment for it.", ours="CredentialsError: *"),
    Known(("types.Checkpoint.model_validate(*'of_next_year'*",), ("result.of_next_year", "outcome"), "*", "The SDK drops the fields of newer servers; ours has them.", ours="*text*"),
    Known(("RestClient.list_*checkpoints*",), ("outcome",), "APIResponseValidationError*", "0.18 refuses a whole list if one checkpoint is of a type that it does not know, here external.", version="0.18.*"),
    Known(("RestClient.get_checkpoint_archive_url*",), ("request.headers.accept",), "application/json, application/gzip", "The SDK sends two Accept lines; the answer has no body.", version="0.18.*"),
    Known(("RestClient.get_checkpoint_archive_url*",), ("result.*.expires",), "20*-*T*:*", "The SDK's time has no zone, though it is in UTC.", version="0.18.*"),
]
# fmt: on
