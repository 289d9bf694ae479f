"""Trials of graph search on test collections, offline: the entities of their chunks, and ways to walk over them."""
