"""What became of a version for a job that follows it, in Cypher, and what the job keeps of it once the version goes."""

from __future__ import annotations

MAX_ERRORS = 100
"""Errors shown of one job."""

# Of `follows`, the job's relationship to the version `v`. A version that was deleted keeps what it was until then: what
# nobody ever saw was cancelled, and what failed has failed all the same.
OUTCOME = """
CASE WHEN follows.cancelled_at IS NOT NULL THEN 'cancelled'
     WHEN v.status <> 'deleted' THEN v.status
     WHEN v.ended_as = 'staged' THEN 'cancelled'
     ELSE v.ended_as END"""

# For each version `v` that is about to be removed, in the same transaction, so that no count of a job changes by it.
# Errors lie as document id and reason in turn, since a property holds no list of lists.
KEEP_OUTCOMES = f"""
CALL (v) {{
  MATCH (j:Job)-[follows:INGESTS]->(v)
  WITH j, v, {OUTCOME} AS outcome
  WITH j, v, outcome, NOT outcome IN ['failed', 'cancelled'] AS done
  SET j.gone_done = coalesce(j.gone_done, 0) + CASE WHEN done THEN 1 ELSE 0 END,
      j.gone_failed = coalesce(j.gone_failed, 0) + CASE outcome WHEN 'failed' THEN 1 ELSE 0 END,
      j.gone_cancelled = coalesce(j.gone_cancelled, 0) + CASE outcome WHEN 'cancelled' THEN 1 ELSE 0 END,
      j.gone_chunks = coalesce(j.gone_chunks, 0) + v.chunk_count,
      j.gone_embedded = coalesce(j.gone_embedded, 0) + CASE WHEN done THEN v.chunk_count ELSE 0 END,
      j.gone_errors = (coalesce(j.gone_errors, [])
        + CASE outcome WHEN 'failed' THEN [v.document_id, v.error] ELSE [] END)[..{2 * MAX_ERRORS}]
}}"""
