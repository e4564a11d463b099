"""A whole small script, from the start of Python: list 100 checkpoints. Told which client to use."""

import sys

name, base_url = sys.argv[1:]
if name == "httpx":
    import httpx

    with httpx.Client(base_url=base_url, headers={"X-API-Key": "tml-benchmark"}) as http:
        count = len(http.get("/api/v1/checkpoints?limit=100&offset=0").json()["checkpoints"])
elif name == "tinker-rest":
    from tinker_rest import RestClient

    with RestClient(base_url=base_url, api_key="tml-benchmark") as client:
        count = len(client.list_user_checkpoints().result().checkpoints)
else:
    import tinker

    if hasattr(tinker, "RestClient"):
        sdk = tinker.RestClient(base_url=base_url, api_key="tml-benchmark")
    else:  # versions before 0.30
        sdk = tinker.ServiceClient(base_url=base_url, api_key="tml-benchmark").create_rest_client()
    count = len(sdk.list_user_checkpoints().result().checkpoints)
assert count == 100, count
