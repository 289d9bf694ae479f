"""A laboratory for ways to rank: the shipped chunks and legs, offline, with every trial judged on all collections."""
