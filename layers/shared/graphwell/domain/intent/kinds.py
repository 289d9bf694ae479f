"""What kind of answer a question asks for, told by the words that it opens with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

_ANYONE = r"(?:i|you|we|one|someone|somebody|anyone|a person|people)"
_ABLE = r"(?:do|does|can|could|should|would|might|must|may)"
_DEGREES = (
    "many|much|long|far|old|often|tall|big|fast|high|deep|large|heavy|wide|hard|good|likely|expensive|safe|strong|small"
    "|cold|hot|soon|quickly|close|well|bad|dangerous|difficult|easy|effective|accurate|reliable|important|necessary|rich"
    "|smart|popular|common"
)

_KINDS = (
    ("why", r"""(?:why|how come|for what reasons?|what (?:is|are|was|were) (?:the )?(?:main )?reasons?
        [ ](?:for|that|why|behind))\b"""),
    ("way", r"""(?:what (?:does|do|would|will) it take to|is there (?:a|any) way (?:to|(?:i|you|we|one) can))\b"""),
    ("way", r"""(?:what|which) (?:is|are|would be|will be) (?:a |an |the |some |some of the |your )?
        (?:(?:best|good|better|proper|right|possible|correct|different|various|most effective|effective) )*
        (?:ways?|methods?|steps?|procedure|process)
        [ ](?:to|of|for|in which (?:i|you|we|one) can|(?:i|you|we|one) can)\b"""),
    ("way", rf"""how (?:to|{_ABLE} {_ANYONE}(?: go about)?)\b"""),
    ("way", r"""what (?:steps |measures )?(?:should|can|could|must|do) (?:i|you|we|one)
        [ ](?:need to |have to )?(?:do|take) to\b"""),
    ("degree", rf"""(?:how (?=(?:{_DEGREES})\b)|(?:at )?what (?=age\b))"""),
    ("feeling", r"""(?:what is it like|what does it feel like|how does it feel(?: like)?|how is it)
        (?: to be| being| to)\b"""),
    ("how", r"""how\b"""),
    ("meaning", r"""(?:what (?:is|are) (?:the )?(?:meaning|definition) of|what (?:is|are) meant by
        |what do (?:you|we|they) mean by|define)\b"""),
    ("when", r"""(?:when|what time|what date|(?:on|in|at) what (?:day|year|date|time))\b"""),
    ("where", r"""(?:where|(?:in|at) (?:what|which) (?:place|location))\b"""),
    ("who", r"""(?:who|whom|whose)\b"""),
    ("what", r"""(?:(?:at|for|in|on|to|from|by|of|with) )?(?:what|which)\b(?: all\b)?"""),
    ("able", rf"""(?:is it possible (?:to|for \w+ to)|(?:can|could) {_ANYONE}
        |(?:am i|are we|are you|is one) able to)\b"""),
    ("should", rf"""should {_ANYONE}\b"""),
    ("must", rf"""(?:do|does|must) {_ANYONE} (?:have|need) to\b"""),
    ("whether", r"""(?:do (?:you|we) (?:think|believe)(?: that)?|(?=(?:is|are|am|was|were|do|does|did|can|could|will
        |would|shall|should|has|have|had|may|might|must) ))"""),
)  # fmt: skip
"""Kinds with the openings that show them; the first that fits counts."""


def _pattern(text: str) -> re.Pattern[str]:
    """Return the pattern, whose lines say one thing after the other without the breaks between them."""
    return re.compile(re.sub(r"\n\s+", "", text), re.IGNORECASE)


_PATTERNS = [(name, _pattern(text)) for name, text in _KINDS]

_LEAD_IN = _pattern(r"""^(?:(?:hi|hello|hey|so|and|but|ok|okay|please|kindly|\#)[\s,]*\b)*
    (?:(?:(?:can|could|would|will) (?:you|anyone|someone|anybody|somebody)(?: please)? (?:tell|explain|show|describe)
    (?: to)?(?: me| us)?|(?:do|does) (?:you|anyone|anybody) know|(?:please )?(?:tell|explain|show)(?: to)?(?: me| us)?
    |i (?:want|need|would like|am trying) to know)\s+(?=\w+))?(?:please\s+)?""")
"""Asking to be told: the question comes behind it."""

_TAIL = _pattern(r"""[\s,;:.?!]*\b(?:(?:and |or |but )?why(?: or why not)?|(?:or )?why not|or not
    |please (?:comment|explain|help|advise)|(?:more )?details please|thank you|thanks)[\s.?!]*$""")
"""Asking for reasons as well, and courtesy."""

_SOFT = _pattern(r"""\b(?:made|included|including|located|contained|available|found)\s+
    (?=(?:by|in|on|at|for|from|within)\b)|(?<=\bhow much )money\s+|\b(?:some|one) of (?=the\b)
    |\bin (?:the|this) (?:whole |entire )?world\b|\bof all time\b|\b(?:right now|nowadays|these days|at the moment)\b
    |\b(?:kinds?|types?|sorts?) of\s+
    |(?:(?<=\bwho )|(?<=\bwhat )|(?<=\bwhich ))(?:do|would) you (?:think|believe|say|consider)\s+
    |[\s,]*\(?\b(?:in your opinion|according to you)\b\)?|\b(?:really|actually|exactly|just|simply|basically)\s+""")
"""What is left out of what is said without changing it."""

_CLAUSE_END = re.compile(r"[,:;.?!]\s+|\s-+\s")
_CLAUSES = 4
_TAIL_LENGTH = 60
"""Bounds of what is looked at, so that no question takes a millisecond."""
_BECOME = re.compile(r"\s+(?:be|become|being|becoming)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A question without its opening.

    Parameters:
        kind: such as `way`, `why` or `when`; `what` for one that is only named, such as "opening hours".
        before: the clause before the opening, as in "If it rains, where do we meet?".
        rest: what comes behind the opening.
        is_opened: whether there is an opening, such as "what"; of some kinds it is part of the rest.
    """

    kind: str
    before: str
    rest: str
    is_opened: bool = False


def opened(text: str) -> Opened:
    """Return the kind of a question, and what is left of it."""
    text = _LEAD_IN.sub("", _SOFT.sub("", text), count=1)
    text = text[:-_TAIL_LENGTH] + _TAIL.sub("", text[-_TAIL_LENGTH:]) or text
    clauses = (end.end() for end in islice(_CLAUSE_END.finditer(text), _CLAUSES))
    for start in (0, *clauses):
        for kind, pattern in _PATTERNS:
            opening = pattern.match(text, start)
            if opening:
                rest = text[opening.end() :]
                rest = _BECOME.sub("", rest, count=1) if _becomes(kind, rest) else rest
                return Opened(kind, text[:start], rest, is_opened=opening.end() > start)
    return Opened("what", "", text)


def _becomes(kind: str, rest: str) -> bool:
    """Tell whether it is asked how to be or become something, which is the same."""
    return kind == "way" and _BECOME.match(rest) is not None
