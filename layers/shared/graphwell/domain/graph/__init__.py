"""The entity graph: what a text names, how names are compared, and how a search walks from one passage to another."""
