"""The methods of the clients, one module for each tag of the API's description.

What is imported here is loaded when a method first needs it, so that importing a client stays quick.
"""

from typing import TYPE_CHECKING

from tinker_rest import pagination as pagination
from tinker_rest._lazy import LazyModule

if TYPE_CHECKING:
    from tinker_rest import bulk as bulk
    from tinker_rest import downloads as downloads
    from tinker_rest import uploads as uploads
    from tinker_rest._methods import _parsing as parsing
else:
    bulk = LazyModule("tinker_rest.bulk")
    downloads = LazyModule("tinker_rest.downloads")
    parsing = LazyModule("tinker_rest._methods._parsing")
    uploads = LazyModule("tinker_rest.uploads")
