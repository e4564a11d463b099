// What a program in TypeScript does with openapi-typescript and openapi-fetch: prints a line for each step.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [baseUrl, apiKey, trainingRunId] = process.argv.slice(2);
if (!baseUrl || !apiKey || !trainingRunId) throw new Error("needs a URL, a key and the id of a training run");

const client = createClient<paths>({
  baseUrl,
  headers: { "X-API-Key": apiKey },
  redirect: "manual", // or fetch follows to the storage host, and takes the key along
});

function print(step: string, value: unknown): void {
  console.log(`${step}=${String(value)}`);
}

/** The data of an answer, or an exception that tells its error. */
function taken<T>(answer: { data?: T; error?: components["schemas"]["ApiError"]; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const listed: string[] = [];
for (;;) {
  const query = { limit: 2, offset: listed.length };
  const page = taken(await client.GET("/api/v1/training_runs", { params: { query } }));
  if (page.training_runs.length === 0) break;
  listed.push(...page.training_runs.map((run) => run.training_run_id));
}
print("paging", listed.join(","));

const path = { training_run_id: trainingRunId };
const run = taken(await client.GET("/api/v1/training_runs/{training_run_id}", { params: { path } }));
print("get", run.base_model);

const checkpoint = { ...path, checkpoint_kind: "weights", checkpoint_name: "0001" } as const;
const changed = await client.PUT(
  "/api/v1/training_runs/{training_run_id}/checkpoints/{checkpoint_kind}/{checkpoint_name}/ttl",
  { params: { path: checkpoint }, body: { ttl_seconds: null } },
);
print("ttl", changed.response.ok);

const archive = await client.GET(
  "/api/v1/training_runs/{training_run_id}/checkpoints/{checkpoint_kind}/{checkpoint_name}/archive",
  { params: { path: checkpoint } },
);
print("archive_status", archive.response.status);
print("archive_location", archive.response.headers.get("Location"));
print("archive_expires", archive.response.headers.get("Expires"));

const absent = await client.GET("/api/v1/training_runs/{training_run_id}", {
  params: { path: { training_run_id: "no-such-run" } },
});
print("error_status", absent.response.status);
print("error_detail", absent.error?.detail);

const newer = { training_run_id: "newer-server" };
const extended = taken(await client.GET("/api/v1/training_runs/{training_run_id}", { params: { path: newer } }));
print("new_field", extended.base_model);
const list = taken(await client.GET("/api/v1/training_runs/{training_run_id}/checkpoints", { params: { path: newer } }));
print("new_value", list.checkpoints[0]?.checkpoint_type);

type Page = components["schemas"]["CheckpointSearchResponse"];
const saved: string[] = [];
let next: Page["next_cursor"] = null;
do {
  const page: Page = taken(
    await client.POST("/api/v1/checkpoints/search", { body: { limit: 1, owner: { type: "own" }, cursor: next } }),
  );
  saved.push(...page.checkpoints.map((checkpoint) => checkpoint.tinker_path));
  next = page.next_cursor ?? null;
} while (next);
print("search", saved.join(","));

const found = taken(await client.POST("/api/v1/sessions/search", { body: { limit: 50, owner: { type: "own" } } }));
const status = found.sessions[0]?.status;
if (status?.type === "failed" && status.reason.type === "training_run") print("union", status.reason.training_run_id);
print("new_member", found.sessions.map((session) => session.session_id).join(","));
