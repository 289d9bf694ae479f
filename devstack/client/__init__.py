"""A typed client of the HTTP API, and what the command line builds on it."""
