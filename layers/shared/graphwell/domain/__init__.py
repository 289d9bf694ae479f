"""Pure rules and value objects; imports no framework."""
