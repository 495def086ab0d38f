"""The notes that were unseen second are marked exactly."""

from bench.deid_second.notes import notes, table

LABELS = (
    "NAME DATE AGE ADDRESS HOSPITAL ORG PHONE FAX EMAIL SSN MRN HEALTHPLAN ACCOUNT LICENSE VEHICLE DEVICE "
    "URL IP ID"
)


def test_a_seed_writes_its_own_notes_with_every_label():
    made = notes(400, seed=5)
    assert made == notes(400, seed=5) != notes(400, seed=6)
    assert {span["label"] for note in made for span in note["spans"]} == set(LABELS.split())
    assert len({note["slices"][0] for note in made}) == len(table("templates")) >= 45


def test_spans_are_words_without_margins_that_never_overlap():
    for note in notes(400, seed=7):
        end = 0
        for span in note["spans"]:
            words = note["text"][span["start"] : span["end"]]
            assert words == words.strip() != "" and span["start"] >= end, note["id"]
            end = span["end"]
        for kept in note["keep"]:
            assert all(kept["end"] <= one["start"] or one["end"] <= kept["start"] for one in note["spans"])


def test_no_sign_of_a_template_is_left():
    assert not [note["id"] for note in notes(400, seed=8) if {"{", "}"} & set(note["text"])]
