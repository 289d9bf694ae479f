"""The `graphwell` command."""
