"""One use case a file; each needs only the ports."""
