"""The pages that a sandbox shows to whoever opens its address in a browser.

At `/` is what the sandbox holds, at `/docs` the reference of the API, and beside it the description itself.
Nothing on them comes from anywhere but the sandbox.
"""
