"""Clients of Neo4j and Valkey, by the variables of a real function."""

from __future__ import annotations

import json
import os

import boto3
from neo4j import Driver, GraphDatabase
from redis import Redis


def open_neo4j() -> Driver:
    """Return a driver with the password of the secret."""
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["GRAPHWELL_NEO4J_SECRET"])
    fields = json.loads(secret["SecretString"])
    return GraphDatabase.driver(os.environ["GRAPHWELL_NEO4J_URI"], auth=(fields["username"], fields["password"]))


def open_valkey() -> Redis:
    """Return a client of the cache."""
    return Redis.from_url(os.environ["GRAPHWELL_VALKEY_URL"], protocol=2)
