"""The documentation as a site: the guide's pages, and the generators of the references."""
