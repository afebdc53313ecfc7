"""SQuAD's measures and files, and questions as arrays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("said", "right", "exact", "f1"),
    [
        ("Edda Quill", "Edda Quill", 1, 1),
        ("the  edda quill.", "Edda Quill", 1, 1),  # case, articles, punctuation, spaces
        ("Edda", "Edda Quill", 0, 2 / 3),
        ("of Edda Quill and", "Edda Quill", 0, 2 / 3),
        ("blue", "red", 0, 0),
        ("red red", "red", 0, 2 / 3),  # a word counts as often as both have it
        ("theatre", "the atre", 0, 0),  # an article is a whole word
        ("42", "42 metres", 0, 2 / 3),
        ("", "red", 0, 0),
    ],
)
def test_measures(reading: SimpleNamespace, said: str, right: str, exact: float, f1: float) -> None:
    assert reading.squad.exact(said, right) == exact
    assert reading.squad.f1(said, right) == pytest.approx(f1)


def test_the_nearest_of_several_right_answers_counts(reading: SimpleNamespace) -> None:
    answers = (reading.squad.Answer("in 1871", 0), reading.squad.Answer("1871", 3))
    question = reading.squad.Question("in 1871", "When?", answers)
    assert reading.squad.scores(["1871", "1900"], [question, question]) == (0.5, 0.5)


SAMPLE = {
    "version": "1.1",
    "data": [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": "Ada Birkson (of Larchdale) grows quinces.",
                    "qas": [
                        {
                            "id": title,
                            "question": "Who grows quinces?",
                            "answers": [
                                {"text": "Ada Birkson", "answer_start": 0},
                                {"text": "Birkson", "answer_start": 4},
                            ],
                        }
                    ],
                }
            ],
        }
        for title in ("one", "two")
    ],
}


def test_a_file_in_squads_format(reading: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(json.dumps(SAMPLE))
    articles = reading.squad.read(tmp_path / "some.json")
    assert [len(article) for article in articles] == [1, 1]
    assert articles[0][0].answers[1] == ("Birkson", 4)
    train, validation = reading.data.split(articles)
    assert (len(train), len(validation)) == (1, 1)
    with pytest.raises(SystemExit, match="two articles"):
        reading.data.split(articles[:1])


@pytest.mark.parametrize("text", ["", "[]", '{"data": [{"paragraphs": [{}]}]}'])
def test_another_file_is_refused_by_name(
    reading: SimpleNamespace, tmp_path: Path, text: str
) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(SystemExit, match=r"other\.json is not in SQuAD"):
        reading.squad.read(tmp_path / "other.json")
    with pytest.raises(SystemExit, match=r"none\.json cannot be read"):
        reading.squad.read(tmp_path / "none.json")


def test_a_batch_points_at_the_answer(reading: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(json.dumps(SAMPLE))
    questions = [
        asked for article in reading.squad.read(tmp_path / "some.json") for asked in article
    ]
    [batch] = reading.data.Reader(questions).batches(questions)
    words = [questions[0].text[start:end] for start, end in batch.spans[0]]
    assert words == ["Ada", "Birkson", "(", "of", "Larchdale", ")", "grows", "quinces", "."]
    assert batch.answers.tolist() == [[0, 1], [0, 1]]
    assert batch.text.shared[0].tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 0]
    assert batch.question.shared[0].tolist() == [0, 1, 1, 0]
    assert batch.text.letters.shape == (2, 9, reading.data.LETTERS)


def test_rare_words_are_known_by_their_letters(reading: SimpleNamespace) -> None:
    def asked(text: str) -> object:
        return reading.squad.Question(text, "who?", (reading.squad.Answer(text, 0),))

    reader = reading.data.Reader([asked("Ada sings"), asked("Dag sings")])
    [batch] = reader.batches([asked("Ada sings"), asked("Dag"), asked("sings")])
    assert reader.words == 3  # the third is "sings"; "who?" is asked of two texts, but is one
    unknown = reading.data.UNKNOWN
    assert batch.text.words[:2, 0].tolist() == [unknown, unknown]
    assert batch.text.words[1, 1] == reading.data.NOTHING
    assert (batch.text.letters[0, 0] != batch.text.letters[1, 0]).any()


def test_an_answer_beyond_what_is_read_is_not_trained_on(reading: SimpleNamespace) -> None:
    text = "word " * reading.data.LONGEST + "end"
    near = reading.squad.Question(text, "?", (reading.squad.Answer("word", 5),))
    far = reading.squad.Question(text, "?", (reading.squad.Answer("end", len(text) - 3),))
    assert reading.data.answerable([near, far]) == [near]


def test_the_corpus_is_what_its_script_writes(reading: SimpleNamespace) -> None:
    for name, text in reading.corpus.corpora().items():
        assert (reading.place / name).read_text() == text


def test_every_answer_stands_where_the_corpus_says_and_nowhere_else(
    reading: SimpleNamespace,
) -> None:
    seen = set()
    for name, least in (("train.json", 800), ("dev.json", 150)):
        articles = reading.squad.read(reading.place / name)
        questions = [asked for article in articles for asked in article]
        assert len(questions) >= least
        for asked in questions:
            [answer] = asked.answers
            assert asked.text[answer.start :].startswith(answer.text)
            assert len(re.findall(rf"\b{answer.text}\b", asked.text)) == 1
            assert (asked.text, asked.question) not in seen
            seen.add((asked.text, asked.question))
        assert reading.data.answerable(questions) == questions
