"""graphwell: tenant-scoped retrieval on AWS Lambda, Neo4j and Valkey."""
