"""The pages for browsers: `/` shows a sandbox's data and requests, `/docs` the API in Swagger UI."""
