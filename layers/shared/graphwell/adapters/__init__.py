"""One technology a module, named for it; each implements a port."""
