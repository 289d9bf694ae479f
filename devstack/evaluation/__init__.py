"""Retrieval quality and latency of a running stack, measured on a test collection."""
