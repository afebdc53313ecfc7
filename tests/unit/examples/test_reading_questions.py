"""Measures and files of SQuAD, and questions as arrays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("answer", "right", "exact", "f1"),
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
def test_measures(
    reading: SimpleNamespace, answer: str, right: str, exact: float, f1: float
) -> None:
    assert reading.squad.exact(answer, right) == exact
    assert reading.squad.f1(answer, right) == pytest.approx(f1)


def test_nearest_of_several_correct_answers_counts(reading: SimpleNamespace) -> None:
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


def test_file_in_the_format_of_squad(reading: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(json.dumps(SAMPLE))
    articles = reading.squad.read(tmp_path / "some.json")
    assert [len(article) for article in articles] == [1, 1]
    assert articles[0][0].answers[1] == ("Birkson", 4)
    train, validation = reading.data.split(articles)
    assert (len(train), len(validation)) == (1, 1)
    with pytest.raises(SystemExit, match="two articles"):
        reading.data.split(articles[:1])


@pytest.mark.parametrize("text", ["", "[]", '{"data": [{"paragraphs": [{}]}]}'])
def test_invalid_file_is_refused_with_its_name(
    reading: SimpleNamespace, tmp_path: Path, text: str
) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(SystemExit, match=r"other\.json is not in SQuAD"):
        reading.squad.read(tmp_path / "other.json")
    with pytest.raises(SystemExit, match=r"none\.json cannot be read"):
        reading.squad.read(tmp_path / "none.json")


def test_batch_has_the_position_of_the_answer(reading: SimpleNamespace, tmp_path: Path) -> None:
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


def test_rare_words_are_represented_by_letters(reading: SimpleNamespace) -> None:
    def asked(text: str) -> object:
        return reading.squad.Question(text, "who?", (reading.squad.Answer(text, 0),))

    reader = reading.data.Reader([asked("Ada sings"), asked("Dag sings")])
    [batch] = reader.batches([asked("Ada sings"), asked("Dag"), asked("sings")])
    assert reader.words == 3  # padding, unknown and "sings"; both have one question
    unknown = reading.data.UNKNOWN
    assert batch.text.words[:2, 0].tolist() == [unknown, unknown]
    assert batch.text.words[1, 1] == reading.data.PADDING
    assert (batch.text.letters[0, 0] != batch.text.letters[1, 0]).any()


def test_question_with_an_answer_beyond_the_limit_is_left_out(reading: SimpleNamespace) -> None:
    text = "word " * reading.data.LONGEST + "end"
    near = reading.squad.Question(text, "?", (reading.squad.Answer("word", 5),))
    far = reading.squad.Question(text, "?", (reading.squad.Answer("end", len(text) - 3),))
    assert reading.data.answerable([near, far]) == [near]


def test_corpus_is_what_its_program_writes(reading: SimpleNamespace) -> None:
    for name, text in reading.corpus.corpora().items():
        assert (reading.place / name).read_text() == text


def test_answer_occurs_once_at_its_position(
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
