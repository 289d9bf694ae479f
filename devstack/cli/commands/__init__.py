"""Commands that talk to a stack over HTTP, one module a command."""
