"""Errors of the local stack and the command line: each message is one sentence that says what to do."""


class DevstackError(Exception):
    """Something the person at the keyboard can mend; printed without a stack trace, exit code 1."""


class UsageError(DevstackError):
    """The command was given wrong input; exit code 2."""
