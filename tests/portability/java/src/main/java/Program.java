import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tinker.ApiClient;
import tinker.ApiException;
import tinker.api.CheckpointsApi;
import tinker.api.SessionsApi;
import tinker.api.TrainingRunsApi;
import tinker.model.CheckpointKind;
import tinker.model.CheckpointSearchRequest;
import tinker.model.OwnSearchOwner;
import tinker.model.SearchOwner;
import tinker.model.SessionFailed;
import tinker.model.SessionFailedTrainingRunReason;
import tinker.model.SessionSearchRequest;
import tinker.model.SessionSummary;
import tinker.model.SetCheckpointTtlRequest;

/** What a program in Java does with a client of openapi-generator: prints a line for each step. */
public final class Program {
  public static void main(String[] arguments) throws Exception {
    var runId = arguments[2];
    var client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    client.setRequestInterceptor(request -> request.header("X-API-Key", arguments[1]));
    // That is the default of java.net.http; said here, since with ALWAYS the key would go to the storage host.
    client.setHttpClientBuilder(HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER));
    var runs = new TrainingRunsApi(client);
    var checkpoints = new CheckpointsApi(client);

    List<String> listed = new ArrayList<>();
    while (true) {
      var page = runs.listTrainingRuns(2, (long) listed.size(), null, null).getTrainingRuns();
      if (page.isEmpty()) {
        break;
      }
      page.forEach(run -> listed.add(run.getTrainingRunId()));
    }
    print("paging", String.join(",", listed));

    print("get", runs.getTrainingRun(runId, null).getBaseModel());

    var body = new SetCheckpointTtlRequest().ttlSeconds(null);
    var changed = checkpoints.setCheckpointTtlWithHttpInfo(runId, CheckpointKind.WEIGHTS, "0001", body);
    print("ttl", changed.getStatusCode() < 300);

    try {
      checkpoints.getCheckpointArchiveUrl(runId, CheckpointKind.WEIGHTS, "0001");
    } catch (ApiException redirect) { // all but 2xx is one
      print("archive_status", redirect.getCode());
      print("archive_location", redirect.getResponseHeaders().firstValue("Location").orElse(""));
      print("archive_expires", redirect.getResponseHeaders().firstValue("Expires").orElse(""));
    }

    try {
      runs.getTrainingRun("no-such-run", null);
    } catch (ApiException absent) {
      print("error_status", absent.getCode());
      var error = ApiClient.createDefaultObjectMapper().readValue(absent.getResponseBody(), tinker.model.ApiError.class);
      print("error_detail", error.getDetail());
    }

    print("new_field", runs.getTrainingRun("newer-server", null).getBaseModel());
    var newer = checkpoints.listCheckpoints("newer-server").getCheckpoints();
    print("new_value", newer.get(0).getCheckpointType());

    var own = new OwnSearchOwner().type(OwnSearchOwner.TypeEnum.OWN);
    List<String> paths = new ArrayList<>();
    var search = new CheckpointSearchRequest().owner(new SearchOwner(own)).limit(1);
    do {
      var page = checkpoints.searchCheckpoints(search);
      page.getCheckpoints().forEach(checkpoint -> paths.add(checkpoint.getTinkerPath()));
      search.cursor(page.getNextCursor());
    } while (search.getCursor() != null);
    print("search", String.join(",", paths));

    var request = new SessionSearchRequest().owner(new SearchOwner(own));
    var found = new SessionsApi(client).searchSessions(request);
    if (found.getSessions().get(0).getStatus().getActualInstance() instanceof SessionFailed failed
        && failed.getReason().getActualInstance() instanceof SessionFailedTrainingRunReason reason) {
      print("union", reason.getTrainingRunId());
    }
    print("new_member", found.getSessions().stream().map(SessionSummary::getSessionId).collect(Collectors.joining(",")));
  }

  private static void print(String step, Object value) {
    System.out.println(step + "=" + value);
  }
}
