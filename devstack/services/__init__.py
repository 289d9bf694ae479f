"""The servers of the local stack: one module each, and what starts them together."""
