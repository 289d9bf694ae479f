"""Everyday words that one may say for another, that turn the meaning round, and that change it little.

None was made for the questions of a collection, and none names a thing: a word that is in no list counts as itself.
"""

from __future__ import annotations

_EQUIVALENTS = """
    usa america, uk britain, tv television, photo photograph picture pic image, app application apps applications,
    email mail, info information, movie film, child children kid kids, man men, woman women, person people persons,
    buy purchase, start begin, choose select pick, fix repair, big large huge, quickly fast rapidly quick rapid,
    happen occur, job employment, kilogram kg kilo kilos kilograms kgs, gram g grams, kilometer km kilometre
    kilometers kilometres kms, pound lb lbs pounds, percent %, dollar $ usd dollars, rupee rs inr rupees, good best
    great top better nice, difference differ different, weight weigh, color colour, favorite favourite, center
    centre, program programme, meter metre, labor labour, behavior behaviour, neighbor neighbour, defense defence,
    license licence, gray grey, city town, doctor physician, car automobile, house home, earn make, eat consume,
    decrease reduce lower, fight battle, live reside, like enjoy, stop quit, sea ocean, math maths mathematics,
    computer pc, know tell determine, phone smartphone cellphone, mistake error
"""

_ANTONYMS = """
    increase decrease, increase reduce, raise lower, gain lose, enable disable, activate deactivate, install
    uninstall, open close, start stop, start end, begin end, buy sell, rent own, lend borrow, send receive, give
    take, give receive, push pull, import export, upload download, add remove, create delete, insert delete, hide
    show, lock unlock, block unblock, follow unfollow, accept reject, accept decline, allow forbid, allow prevent,
    love hate, like dislike, win lose, pass fail, build destroy, connect disconnect, encrypt decrypt, encode decode,
    join leave, arrive depart, enter leave, enter exit, hire fire, save spend, live die, max min, maximum minimum,
    more less, more fewer, most least, many few, best worst, better worse, good bad, high low, hot cold, big small,
    long short, old new, old young, rich poor, fast slow, early late, hard soft, hard easy, easy difficult, heavy
    light, strong weak, safe dangerous, true false, legal illegal, public private, male female, man woman, boy girl,
    father mother, husband wife, left right, north south, east west, first last, cause cure, cause prevent,
    advantage disadvantage, pro con, benefit risk, input output, front back, wet dry, full empty, positive negative,
    internal external, employer employee, parent child, teacher student, seller buyer
"""

_LIGHT = """
    already best better bit come correctly do done easily entire ever give given go going good great included include
    know lot made make more most much nice often overall proper properly recommend say see still successfully suggest
    thing things think try usually want well yet
"""


def _groups(text: str) -> list[list[str]]:
    return [group.split() for group in text.split(",")]


EQUIVALENTS = {word: group[0] for group in _groups(_EQUIVALENTS) for word in group}
"""Words that may stand for one another, by the first of their group."""

ANTONYMS = frozenset(frozenset(pair) for pair in _groups(_ANTONYMS))
"""Pairs of which one asks for the opposite of the other; they only name what keeps two questions apart anyway."""

LIGHT = frozenset(_LIGHT.split())
"""Words that seldom change what is looked for, and name nothing with the word beside them, as "life" does in "life
insurance"; a question may have one that the other has not."""

NEGATING_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "anti", "de", "mis")
