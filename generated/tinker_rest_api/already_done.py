# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""The status that proves that an earlier attempt succeeded although its response was lost."""

ALREADY_DONE_STATUS: dict[str, int] = {
    "delete_checkpoint": 404,
    "delete_checkpoint_by_bare_id": 404,
    "publish_checkpoint": 409,
    "publish_checkpoint_by_bare_id": 409,
    "unpublish_checkpoint": 409,
    "unpublish_checkpoint_by_bare_id": 409,
}
