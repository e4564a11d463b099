"""Which description of the API, `openapi.yaml`, this version was made from. The package holds that file itself."""

from tinker_rest_api.spec_digest import SPEC_SHA256 as SPEC_SHA256
from tinker_rest_api.spec_digest import SPEC_VERSION as SPEC_VERSION
