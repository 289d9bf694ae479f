"""What the function words of English do in a question: its closed classes, whole as far as questions use them."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONTRACTIONS = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "ain't": "is not",
    "let's": "let us", "i'm": "i am", "what's": "what is", "who's": "who is", "how's": "how is", "where's": "where is",
    "when's": "when is", "why's": "why is", "that's": "that is", "there's": "there is", "it's": "it is",
    "he's": "he is", "she's": "she is", "whats": "what is", "hows": "how is", "dont": "do not", "doesnt": "does not",
    "isnt": "is not", "didnt": "did not", "cant": "can not", "wont": "will not", "im": "i am",
}  # fmt: skip
CONTRACTED_ENDINGS = (("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'d", " would"))

ARTICLES = _words("a an the")
AUXILIARIES = _words("""
    am are be been being can could did do does doing had has have having is may might must shall should was were will
    would
""")
TENSES = dict.fromkeys(_words("did was were had"), "past") | dict.fromkeys(_words("will shall"), "future")

_PERSONS = """
    i me my mine myself, you your yours yourself yourselves u ur, we us our ours ourselves, he him his himself,
    she her hers herself, they them their theirs themselves, one someone somebody anyone anybody oneself one's
"""
PERSONS = {word: person.split()[0] for person in _PERSONS.split(",") for word in person.split()}
"""Pronouns by person."""

ANYONE = _words("i you we one")
KINDS_OF_ANYONE = _words("way able where what feeling should must")
"""Kinds of question in which these persons mean anyone at all: what I should do, one should do."""

KINDS_OF_YES_OR_NO = _words("whether able should must")

DUTIES = _words("must should")
"""What may be done need not be done."""

ACRONYMS = {"A": "a", "US": "usa", "IT": "it", "WHO": "who", "May": "may"}
"""Names that are function words when they are not written in capitals; the first is as in "vitamin A"."""

ASKING = _words("what which who whom whose when where why how")

FILLERS = _words("""
    actually also any as basically currently different eg etc ever exactly generally get gets getting got hello hey hi
    ie it its itself just kindly need needed needs own please possible possibly quite really simply so some such thank
    thanks that there various very
""")
"""Words that soften or stress, or stand for what is named anyway."""

LOOSE = _words("about at each for in of on per regarding through to using via with within , ; : ? ! .")
"""Words and signs between the parts of a question that are used for one another: what they join, and in which order,
counts."""

BESIDE = _words("at for in on using via with within")
"""Those of them that tell where or by what something is done."""

RELATIONS = _words("""
    above after against all among around away back because before behind below beside between beyond both by despite
    down during either else every except from if inside instead into near off only onto out outside over since than
    though till toward towards under unless unlike until up upon when where whether while
""")
"""Words that tell how the parts of a question stand to each other."""

JOINERS = _words("and or & / versus vs")
"""Words between the members of a list, whose order says nothing."""

AND_OR = {"and": "and", "&": "and", "or": "or", "/": "or"}

POINTERS = _words("this these those")
"""Words that point at something which the question itself does not hold."""

NEGATIONS = _words("cannot hardly neither never no nobody none nor not nothing nowhere without")

PARTING = AUXILIARIES | FILLERS | LOOSE | JOINERS | NEGATIONS
"""Words that only part the blocks of a question."""

_CARDINALS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth"
NUMBER_WORDS = {
    word: f"{number}{ending}"
    for names, ending in ((_CARDINALS, ""), (_ORDINALS, "th"))
    for number, word in enumerate(names.split())
    if word != "one"  # as often a pronoun as a number
} | {"thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000", "million": "1000000"}
