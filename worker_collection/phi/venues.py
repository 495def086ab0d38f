"""Where people work, worship, eat and travel, by the noun behind the name: "the Alloa bus depot"."""

import re
from collections.abc import Iterator

from worker_collection.phi import anchors
from worker_collection.phi.lexicon import CORE, DOUBLE, TOWN
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span, stretches
from worker_collection.phi.telling import CAPITAL, SMALL, tells, words_of

_NOUN = (
    r"(?:(?:bus|tram|train|police|fire|petrol|gas|filling|railway|taxi|coach|ambulance|power)[ ](?:depot|"
    r"station|stn|rank|stop|"
    r"terminal|garage)|(?:post|register|registry|tax|job|unemployment)[ ](?:office|centre|center)|(?:town|"
    r"village|parish|city|church|"
    r"scout|union|concert|music)[ ]hall|(?:community|leisure|sports?|shopping|garden|job|day|drop-in|"
    r"conference|detention|"
    r"call|recycling|fitness)[ ](?:centre|center)|(?:golf|cricket|rugby|football|soccer|bowls|tennis|"
    r"rowing|yacht|sailing|"
    r"social|working men's|boxing|judo|karate|swimming|athletics|hockey|hurling|gaa|youth|night|country|"
    r"bridge|chess)[ ]"
    r"(?:club|course|ground|pitch)|(?:ice|roller|skating)[ ]rink|(?:food|blood)[ ]bank|(?:caravan|trailer|"
    r"rv|holiday|retail|business|"
    r"industrial|skate|water|theme|car)[ ](?:park|estate)|(?:rice|paper|cotton|saw|steel|flour|sugar)[ ]mill|"
    r"(?:bypass|by-pass|roundabout|flyover|underpass|depot|rodeo|synagogue|mosque|church|chapel|temple|"
    r"gurdwara|mandir|shul|cathedral|"
    r"abbey|convent|monastery|seminary|cr[eè]che|nursery|playgroup|kindergarten|preschool|academy|college|"
    r"library|market|"
    r"supermarket|bakery|butchers?|garage|pub|inn|tavern|arms|caf[eé]|restaurant|takeaway|diner|canteen|"
    r"hotel|motel|hostel|refuge|"
    r"casino|cinema|theatre|theater|museum|zoo|aquarium|racecourse|racetrack|speedway|velodrome|arena|"
    r"stadium|gym|lido|"
    r"showground|fairground|festival|carnival|colliery|quarry|refinery|smelter|foundry|steelworks|factory|"
    r"dockyard|shipyard|docks|"
    r"brewery|distillery|winery|vineyards?|ranch|dairy|abattoir|sawmill|nightclub|parish|prison|jail|"
    r"barracks|airfield|"
    r"airport|airbase|harbou?r|marina|courthouse|magistrates|crematorium|cemetery|mortuary|allotments|"
    r"campground|campsite|"
    r"warehouse|laundrette|bookies|foodbank|clubhouse|mall|bazaar|souk|arcade|co-op|junction|terminal|stn|"
    r"road|reservation|"
    r"settlement|orphanage|workshop|boatyard|brickworks|ironworks|gasworks|power plant|raion|"
    r"rec(?![ ]?[#:.]|[ ]no\b)))"
)
# What a place is named by, but is no part of its name: there only the name goes.
_LANDMARK = re.compile(
    r"(?:bypass|by-pass|road|stn|roundabout|flyover|underpass|junction|magistrates|register office)$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(rf"(?<![\w'’&-])((?:{CAPITAL}[ ](?:{SMALL}[ ])?){{1,4}})((?i:{_NOUN}))\b")
_FLAT = re.compile(
    rf"\b(?:the|at|from|to|near|via|outside|in)[ ]((?:[^\W\d_][\w'’-]{{1,20}}[ "
    rf"]){{1,3}}?)({_NOUN})\b",
    re.IGNORECASE,
)


_NOUN_WORDS = anchors.on(
    frozenset(re.findall(r"[a-z]{3,}", _NOUN))
    | frozenset(
        ["cafe", "creche", "vineyard", "butcher", "harbor", "harbour", "sport", "co-op", "by-pass", "drop-in"]
    )
)
_BEFORE, _AFTER = 110, 30


def find(page: Page) -> Iterator[Span]:
    """The name and its noun; among capitals or small letters alone where an unknown word or a town stands."""
    for near, stop in stretches(page.starts(_NOUN_WORDS), before=_BEFORE, after=_AFTER):
        start = page.text.rfind(" ", 0, near) + 1  # never amid a word
        if page.case == "mixed":
            yield from _written(page, start, stop)
        else:
            yield from _flat(page, start, stop)


def _written(page: Page, start: int, stop: int) -> Iterator[Span]:
    for match in _WRITTEN.finditer(page.text, start, stop):
        words = words_of(page, match.start(1), match.end(1))
        while words and words[0].opens and words[0].flags & CORE and not words[0].flags & (TOWN | DOUBLE):
            words = words[1:]
        if words and tells(page, words, sure=True):
            yield Span(words[0].start, _end(match), "ORG")


def _end(match: re.Match[str]) -> int:
    return match.end(1) - 1 if _LANDMARK.match(match.group(2)) else match.end(2)


def _flat(page: Page, start: int, stop: int) -> Iterator[Span]:
    for match in _FLAT.finditer(page.text, start, stop):
        words = page.words_between(match.start(1), match.end(1))
        told = any(word.is_unknown or word.is_sure or word.flags & TOWN for word in words)
        if told and not any(word.key.endswith("ing") for word in words):
            yield Span(match.start(1), _end(match), "ORG")
