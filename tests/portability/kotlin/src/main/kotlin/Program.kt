import kotlinx.serialization.json.jsonPrimitive
import okhttp3.OkHttpClient
import retrofit2.Call
import tinker.api.CheckpointsApi
import tinker.api.SessionsApi
import tinker.api.TrainingRunsApi
import tinker.auth.ApiKeyAuth
import tinker.infrastructure.ApiClient
import tinker.infrastructure.Serializer
import tinker.model.ApiError
import tinker.model.CheckpointKind
import tinker.model.CheckpointSearchRequest
import tinker.model.OwnSearchOwner
import tinker.model.SearchOwner
import tinker.model.SessionFailedReason
import tinker.model.SessionSearchRequest
import tinker.model.SessionStatus
import tinker.model.SetCheckpointTtlRequest

/** What a program in Kotlin does with a client of openapi-generator: prints a line for each step. */
fun main(arguments: Array<String>) {
    val (baseUrl, apiKey, runId) = arguments
    // Or what a call leaves out is sent as null. A null that is given is sent all the same.
    Serializer.kotlinxSerializationJsonConfiguration = { encodeDefaults = false }
    val http = OkHttpClient.Builder()
        .addInterceptor(ApiKeyAuth("header", "X-API-Key", apiKey))
        .followRedirects(false) // or OkHttp follows to the storage host, and takes the key along
    val client = ApiClient(baseUrl, http)
    val runs = client.createService(TrainingRunsApi::class.java)
    val checkpoints = client.createService(CheckpointsApi::class.java)

    val listed = mutableListOf<String>()
    while (true) {
        val page = taken(runs.listTrainingRuns(limit = 2, offset = listed.size.toLong())).trainingRuns
        if (page.isEmpty()) break
        listed += page.map { it.trainingRunId }
    }
    print("paging", listed.joinToString(","))

    print("get", taken(runs.getTrainingRun(runId)).baseModel)

    val body = SetCheckpointTtlRequest(ttlSeconds = null)
    print("ttl", checkpoints.setCheckpointTtl(runId, CheckpointKind.weights, "0001", body).execute().isSuccessful)

    val archive = checkpoints.getCheckpointArchiveUrl(runId, CheckpointKind.weights, "0001").execute()
    print("archive_status", archive.code())
    print("archive_location", archive.headers()["Location"])
    print("archive_expires", archive.headers()["Expires"])

    val absent = runs.getTrainingRun("no-such-run").execute()
    val error = Serializer.kotlinxSerializationJson.decodeFromString<ApiError>(absent.errorBody()!!.string())
    print("error_status", absent.code())
    print("error_detail", error.detail?.jsonPrimitive?.content)

    print("new_field", taken(runs.getTrainingRun("newer-server")).baseModel)
    print("new_value", taken(checkpoints.listCheckpoints("newer-server")).checkpoints.first().checkpointType)

    val own = SearchOwner.OwnSearchOwnerValue(OwnSearchOwner(OwnSearchOwner.Type.own))
    val paths = mutableListOf<String>()
    var search = CheckpointSearchRequest(owner = own, limit = 1)
    do {
        val page = taken(checkpoints.searchCheckpoints(search))
        paths += page.checkpoints.map { it.tinkerPath }
        search = search.copy(cursor = page.nextCursor)
    } while (search.cursor != null)
    print("search", paths.joinToString(","))

    val found = taken(client.createService(SessionsApi::class.java).searchSessions(SessionSearchRequest(owner = own)))
    val status = found.sessions.first().status
    if (status is SessionStatus.SessionFailedValue) {
        val reason = status.value.reason
        if (reason is SessionFailedReason.SessionFailedTrainingRunReasonValue) print("union", reason.value.trainingRunId)
    }
    print("new_member", found.sessions.joinToString(",") { it.sessionId })
}

/** The result of a call, or an exception that tells its error. */
fun <T> taken(call: Call<T>): T {
    val answer = call.execute()
    return answer.body() ?: error("${answer.code()} ${answer.errorBody()?.string()}")
}

fun print(step: String, value: Any?) = println("$step=$value")
