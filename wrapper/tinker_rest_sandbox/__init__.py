"""A local Tinker server for tests and experiments.

    with Sandbox() as sandbox:
        ...  # sandbox.base_url, sandbox.api_key

or, from a shell, `python -m tinker_rest_sandbox --port 8765`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinker_rest_sandbox._exports import *  # noqa: F403
    from tinker_rest_sandbox._exports import __all__ as __all__
else:
    # pytest imports this package in every run, for its plugin, so import names when they are first used.
    def __getattr__(name):
        if name.startswith("_") and name != "__all__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from tinker_rest_sandbox import _exports

        return getattr(_exports, name)

    def __dir__():
        from tinker_rest_sandbox import _exports

        return sorted({*globals(), *_exports.__all__})
