"""Handlers that import what a route cannot do without, send its first query, and do nothing else.

A cold start of a real function is measured against them; each runs with the environment of the function of its name.
"""
