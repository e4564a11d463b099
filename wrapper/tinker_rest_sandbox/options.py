"""The options of `python -m tinker_rest_sandbox` and `tinker-rest sandbox`; importing them needs no extra."""

# By name and value: none, any text, one of several ("|") or any text, repeatable ("...").
OPTIONS = {
    "host ADDRESS": "Listen on this address; 127.0.0.1 by default.",
    "port N": "Port of the API; 8765 by default, 0 for any free one.",
    "storage-port N": "Port of signed download URLs; any free one by default.",
    "db FILE": "Keep the state in this SQLite file; in memory by default.",
    "api-key KEY": "API key of the first user; tml-sandbox-alice by default.",
    "empty": "Start a new database without sample data.",
    "scenario FILE": "YAML file with the data and faults of a new database.",
    "scenario-schema": "Print the JSON Schema of scenario files and exit.",
    "archive-build-seconds SECONDS": "Time that it takes to build an archive; 0.3 by default.",
    "archive-building-status 503|425": "Status returned while an archive is being built; 503 by default.",
    "token-exchange optional|required|disabled": "Whether API keys are exchanged for tokens; optional by default.",
    "control-from-anywhere": "Let other machines use /__sandbox__/, which needs no key.",
    "allow-host NAME...": "Also serve under this name; repeatable.",
    "cors-origin ORIGIN...": "Let web pages of this origin use it; repeatable.",
    "public-storage-url URL": "URL of the storage port for clients, behind a proxy.",
}
