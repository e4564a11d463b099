// What a program in TypeScript does with hey-api and zod, which checks all it sends and gets: a line for each step.
import { createClient } from "./tinker/client/index.js";
import * as tinker from "./tinker/index.js";

const [baseUrl, apiKey, trainingRunId] = process.argv.slice(2);
if (!baseUrl || !apiKey || !trainingRunId) throw new Error("needs a URL, a key and the id of a training run");

const client = createClient({
  baseUrl,
  auth: apiKey,
  redirect: "manual", // or fetch follows to the storage host, and takes the key along
});

function print(step: string, value: unknown): void {
  console.log(`${step}=${String(value)}`);
}

const listed: string[] = [];
for (;;) {
  const query = { limit: 2, offset: listed.length };
  const { data: page } = await tinker.listTrainingRuns({ client, query, throwOnError: true });
  if (page.training_runs.length === 0) break;
  listed.push(...page.training_runs.map((run) => run.training_run_id));
}
print("paging", listed.join(","));

const path = { training_run_id: trainingRunId };
const { data: run } = await tinker.getTrainingRun({ client, path, throwOnError: true });
print("get", run.base_model);

const checkpoint = { ...path, checkpoint_kind: "weights", checkpoint_name: "0001" } as const;
const changed = await tinker.setCheckpointTtl({ client, path: checkpoint, body: { ttl_seconds: null } });
print("ttl", changed.response?.ok);

const { response: archive } = await tinker.getCheckpointArchiveUrl({ client, path: checkpoint });
print("archive_status", archive?.status);
print("archive_location", archive?.headers.get("Location"));
print("archive_expires", archive?.headers.get("Expires"));

const absent = await tinker.getTrainingRun({ client, path: { training_run_id: "no-such-run" } });
print("error_status", absent.response?.status);
print("error_detail", absent.error?.detail);

const newer = { training_run_id: "newer-server" };
const extended = await tinker.getTrainingRun({ client, path: newer, throwOnError: true });
print("new_field", extended.data.base_model);
const list = await tinker.listCheckpoints({ client, path: newer, throwOnError: true });
print("new_value", list.data.checkpoints[0]?.checkpoint_type);

const saved: string[] = [];
const search: tinker.CheckpointSearchRequest = { limit: 1, owner: { type: "own" } };
do {
  const { data: page } = await tinker.searchCheckpoints({ client, body: search, throwOnError: true });
  saved.push(...page.checkpoints.map((one) => one.tinker_path));
  search.cursor = page.next_cursor;
} while (search.cursor);
print("search", saved.join(","));

const { data: found } = await tinker.searchSessions({ client, body: { owner: { type: "own" } }, throwOnError: true });
const status = found.sessions[0]?.status;
// The name alone does not tell the types apart, since `Other…` has any name; its fields do.
if (status?.type === "failed" && "reason" in status) {
  if (status.reason.type === "training_run" && "training_run_id" in status.reason) {
    print("union", status.reason.training_run_id);
  }
}
print("new_member", found.sessions.map((session) => session.session_id).join(","));
