"""The documentation as a site: the guide's pages, and what makes the references beside them."""
