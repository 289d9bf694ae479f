"""The rules of the agent: what it may spend, what it may ask, what it has seen, and when it stops."""
