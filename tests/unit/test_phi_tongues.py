"""Notes in other languages than English keep the words of their language and lose its names."""

import re

import pytest

from worker_collection.phi import engine, tongues
from worker_collection.phi.known import Known
from worker_collection.phi.lexicon import fold

LINES = (
    "de: Der Patient wurde aufgenommen. Verlaufskontrolle in vier Wochen, Überweisung liegt vor.",
    "de: Die Ehefrau {Annegret} berichtet, der Sturz sei im Badezimmer passiert. Wundversorgung erfolgt.",
    "fr: Le patient est sorti hier. Ordonnance remise, pansement refait, consultation avec {Clotilde}.",
    "es: La paciente refiere dolor torácico. Vacuna. Su hermana {Maricarmen} la acompaña. Volver pronto.",
    "it: Il paziente riferisce dolore. Avvisata la moglie {Ornella}. Controllo e ricetta tra due settimane.",
    "nl: Mevrouw is geholpen met wassen. Haar dochter {Sjoukje} komt morgen. Wondverzorging gedaan.",
    "pt: O doente refere tosse há duas semanas. Vacina em dia, curativo feito. A filha {Jandira} acompanha.",
    "sv: Patienten mår bättre idag. Förband bytt, sömnen dålig. Dottern {Ingalill} ringer i morgon.",
)


@pytest.mark.parametrize("line", LINES)
def test_a_note_in_another_language_loses_its_names_and_nothing_else(line):
    persons = re.findall(r"\{(.+?)\}", line)
    text = re.sub(r"[{}]", "", line[4:])
    cleaned = engine.clean(text, Known(), this_year=2026, tagged=False)
    taken = {text[span.start : span.end] for span in cleaned.spans}
    assert taken == set(persons)
    assert cleaned.passed


@pytest.mark.parametrize("line", LINES)
def test_a_note_is_told_by_its_words(line):
    spoken = tongues.spoken([fold(word.strip(".,{}")) for word in line[4:].split()])
    assert spoken is not None and spoken.name == line[:2]


@pytest.mark.parametrize(
    "text",
    [
        "Pt seen in clinic, de novo AF, well. Plan: echo, apixaban.",
        "Visited by Juan de la Torre and Maria dos Santos; wife Annegret Müller phoned from Bad Kissingen.",
        "",
    ],
)
def test_an_english_note_is_english_whoever_stands_in_it(text):
    assert tongues.spoken([fold(word.strip(".,;:")) for word in text.split()]) is None


def test_a_compound_is_a_word_and_a_name_that_is_made_like_one_is_none():
    german = tongues.spoken(["patient", "wurde", "nicht", "wieder", "aufgenommen"])
    assert german is not None
    assert german.has("wundversorgung") and german.has("verlaufskontrolle")
    assert not german.has("steinbach") and not german.has("wiesenfeld")
