"""The one hierarchy of errors that callers are told about; each message says what to change."""

from __future__ import annotations

from graphwell.domain.files import FileFault


class GraphwellError(Exception):
    """Base of all errors with a meaning to the caller. `slug` names the problem type, `detail` says what to do."""

    slug = "internal-error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(GraphwellError):
    """A value breaks a rule. `field` is its path in the request, such as `documents[2].text`."""

    slug = "invalid-input"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class PayloadTooLarge(GraphwellError):
    """The request body is larger than one request may be."""

    slug = "payload-too-large"


class Unauthenticated(GraphwellError):
    """No valid identity came with the request."""

    slug = "unauthenticated"


class Forbidden(GraphwellError):
    """The identity is valid but lacks the role or the tenant."""

    slug = "forbidden"


class NotFound(GraphwellError):
    """Nothing of that id exists in the caller's tenant; the same for an unknown id and another tenant's."""

    slug = "not-found"


class Conflict(GraphwellError):
    """The request contradicts the present state, such as a retry of a cancelled job."""

    slug = "conflict"


class InFlight(Conflict):
    """The same request is being worked on; its reply is there after some `retry_after_s` seconds."""

    slug = "in-flight"

    def __init__(self, detail: str, *, retry_after_s: int = 2) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(GraphwellError):
    """A part the request cannot do without does not answer; try again after `retry_after_s` seconds."""

    slug = "unavailable"

    def __init__(self, detail: str, *, retry_after_s: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class CircuitOpen(Unavailable):
    """A part failed so often that it is left alone for a while; nothing was asked of it."""

    def __init__(self, part: str, *, retry_after_s: int) -> None:
        super().__init__("A part of the service is away; try again shortly.", retry_after_s=retry_after_s)
        self.part = part


class IndexFault(Unavailable):
    """A search index refuses to search, while the database answers."""


class RateLimited(GraphwellError):
    """The principal or its tenant has used up a window; there is room again after `retry_after_s` seconds."""

    slug = "rate-limited"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class DeadlineExceeded(Unavailable):
    """The time that the caller gave was used up."""

    slug = "deadline-exceeded"


class UnusableDocument(GraphwellError):
    """A document yields no text to search; the reason is kept on its job."""

    slug = "unusable-document"


class TextRefused(UnusableDocument):
    """The embedding model will never take a text. `position` is its place among those that it was given."""

    def __init__(self, position: int, detail: str) -> None:
        super().__init__(detail)
        self.position = position


class UnreadableFile(UnusableDocument):
    """A file cannot be turned into text. `fault` names why, `detail` says what to do."""

    def __init__(self, fault: FileFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault

    @property
    def reason(self) -> str:
        """What is kept on the job: the fault's name, then the sentence."""
        return f"{self.fault}: {self.detail}"


class IncompatibleIndex(GraphwellError):
    """The stored index does not fit the configured embedding model or the server; raised at start."""

    slug = "incompatible-index"
