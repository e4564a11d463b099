-- The tables of a sandbox's database, which only opens with the same tables. Times are microseconds since 1970, UTC.
--
-- A checkpoint's ID is bare_id if it is set, else kind/name. A copy has the path of the checkpoint whose storage it shares
-- in copied_from, and its run has no session. Uploaded checkpoints and their copies have an upload_id.

CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    created INTEGER NOT NULL,
    display_name TEXT,
    user_metadata TEXT,
    project_id TEXT,
    status TEXT
);

CREATE TABLE samplers (
    sampler_id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    base_model TEXT NOT NULL,
    model_path TEXT,
    created INTEGER NOT NULL
);

CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    session_id TEXT,
    project_id TEXT,
    base_model TEXT NOT NULL,
    is_lora INTEGER NOT NULL,
    lora_rank INTEGER,
    corrupted INTEGER NOT NULL,
    train_unembed INTEGER NOT NULL,
    train_mlp INTEGER NOT NULL,
    train_attn INTEGER NOT NULL,
    last_request INTEGER NOT NULL,
    user_metadata TEXT,
    optimizer_config TEXT NOT NULL
);

CREATE TABLE checkpoints (
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    bare_id TEXT,
    owner TEXT NOT NULL,
    created INTEGER NOT NULL,
    size_bytes INTEGER,
    public INTEGER NOT NULL,
    expires INTEGER,
    user_metadata TEXT,
    copied_from TEXT,
    upload_id TEXT,
    PRIMARY KEY (run_id, kind, name)
);

-- Checkpoints as they are listed, with the model and the project of their run.
CREATE VIEW listed_checkpoints AS
    SELECT checkpoints.*, checkpoints.rowid AS number, runs.base_model, runs.project_id
    FROM checkpoints CROSS JOIN runs USING (run_id);

CREATE TABLE uploads (
    upload_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    base_model TEXT NOT NULL,
    project_id TEXT,
    lora_config TEXT NOT NULL
);

CREATE TABLE answers (
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    path BLOB NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_body BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    given INTEGER NOT NULL,
    PRIMARY KEY (caller, method, path, idempotency_key, request_body)
);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    happened INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    event TEXT NOT NULL,
    details TEXT NOT NULL
);

CREATE TABLE usage (
    hour INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    base_model TEXT NOT NULL,
    kind TEXT NOT NULL,
    cached INTEGER,
    quantity INTEGER NOT NULL
);

CREATE TABLE added_users (
    name TEXT PRIMARY KEY,
    urn TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    full_name TEXT NOT NULL,
    is_administrator INTEGER NOT NULL,
    api_key TEXT NOT NULL UNIQUE
);
CREATE TABLE added_projects (project_id TEXT PRIMARY KEY);

-- Deleted and expired checkpoints, whose past storage is still billed.
CREATE TABLE stored_before (
    created INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    size_bytes INTEGER
);

CREATE TABLE ids (number INTEGER PRIMARY KEY);
CREATE INDEX sessions_newest ON sessions (created DESC, session_id);
CREATE INDEX sessions_of_owner ON sessions (owner, created DESC, session_id);
CREATE INDEX samplers_of_session ON samplers (session_id, created);
CREATE INDEX runs_newest ON runs (last_request DESC, run_id);
CREATE INDEX runs_of_owner ON runs (owner, last_request DESC, run_id);
CREATE INDEX runs_of_session ON runs (session_id);
CREATE INDEX checkpoints_of_owner ON checkpoints (owner, created DESC, run_id, kind, name);
CREATE INDEX checkpoints_by_time ON checkpoints (created DESC, run_id, kind, name);
CREATE INDEX checkpoints_of_run ON checkpoints (run_id, created DESC, kind, name);
CREATE INDEX checkpoints_newest ON checkpoints (run_id, kind, created DESC);
CREATE INDEX checkpoints_public ON checkpoints (run_id) WHERE public = 1;
CREATE UNIQUE INDEX checkpoints_bare ON checkpoints (run_id, bare_id) WHERE bare_id IS NOT NULL;
CREATE INDEX checkpoints_expiring ON checkpoints (expires) WHERE expires IS NOT NULL;
CREATE INDEX audit_by_time ON audit (happened);
CREATE INDEX usage_by_hour ON usage (hour);
CREATE INDEX answers_by_age ON answers (given);
