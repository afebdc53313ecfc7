"""Questions as arrays: words, their letters, and which words text and question share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from squad import Article, Question

WORDS = 20_000  # largest size of the vocabulary
TWICE = 2  # a rarer word is represented by its letters only
LETTERS = 10  # letters of a word that are read
SIGNS = 128  # number of different letters
LONGEST = 400  # words of a text that are read
BATCH = 30

PADDING, UNKNOWN = 0, 1  # word ids


class Sentence(NamedTuple):
    """Texts or questions of one batch, padded to the longest."""

    words: np.ndarray  # [question, word]
    letters: np.ndarray  # [question, word, letter]
    shared: np.ndarray  # [question, word]: 1 where the other side has the word too


class Batch(NamedTuple):
    questions: list[Question]
    spans: list[list[tuple[int, int]]]  # of each text's words: first character, and end
    text: Sentence
    question: Sentence
    answers: np.ndarray  # [question, 2]: first and last word of the first correct answer


def tokens(text: str) -> list[tuple[int, int]]:
    """Start and end of each word, number or other sign."""
    return [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]


class Reader:
    """Makes batches. Its vocabulary comes from the questions passed to the constructor."""

    def __init__(self, questions: Iterable[Question]) -> None:
        texts = {text for question in questions for text in (question.text, question.question)}
        counts = Counter(word for text in sorted(texts) for word in _split(text))
        common = [word for word, count in counts.most_common(WORDS) if count >= TWICE]
        self._ids = {word: number for number, word in enumerate(common, start=2)}

    @property
    def words(self) -> int:
        """The size of the vocabulary, including padding and unknown."""
        return len(self._ids) + 2

    def batches(self, questions: Sequence[Question]) -> list[Batch]:
        """The questions in their order, in batches."""
        starts = range(0, len(questions), BATCH)
        return [self._batch(list(questions[start : start + BATCH])) for start in starts]

    def _batch(self, questions: list[Question]) -> Batch:
        spans = [tokens(question.text)[:LONGEST] for question in questions]
        texts = [_split(question.text)[:LONGEST] for question in questions]
        asked = [
            _split(question.question) or [""] for question in questions
        ]  # a question may be empty
        places = [_place(question, span) for question, span in zip(questions, spans, strict=True)]
        return Batch(
            questions,
            spans,
            self._sentence(texts, asked),
            self._sentence(asked, texts),
            np.array(places),
        )

    def _sentence(self, sentences: list[list[str]], others: list[list[str]]) -> Sentence:
        shape = (len(sentences), max(map(len, sentences)))
        words = np.zeros(shape, np.int32)
        letters = np.zeros((*shape, LETTERS), np.uint8)
        shared = np.zeros(shape, np.uint8)
        for row, (sentence, other) in enumerate(zip(sentences, others, strict=True)):
            there = set(other)
            for column, word in enumerate(sentence):
                words[row, column] = self._ids.get(word, UNKNOWN)
                signs = [1 + ord(sign) % (SIGNS - 1) for sign in word[:LETTERS]]
                letters[row, column, : len(signs)] = signs
                shared[row, column] = word in there
        return Sentence(words, letters, shared)


def split(articles: Sequence[Article]) -> tuple[list[Question], list[Question]]:
    """Training questions, and those of the last sixth of the articles for validation."""
    if len(articles) < 2:
        raise SystemExit("the training file must contain two articles or more")
    at = len(articles) - max(1, len(articles) // 6)
    train = [question for article in articles[:at] for question in article]
    return train, [question for article in articles[at:] for question in article]


def answerable(questions: Iterable[Question]) -> list[Question]:
    """The questions whose answer is within the first LONGEST words."""
    return [q for q in questions if _place(q, tokens(q.text)[:LONGEST])[1] >= 0]


def _split(text: str) -> list[str]:
    return [text[start:end].lower() for start, end in tokens(text)]


def _place(question: Question, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """The first and last word of the first correct answer; (-1, -1) if it is beyond LONGEST."""
    answer = question.answers[0]
    end = answer.start + len(answer.text)
    if not spans or spans[-1][1] < end:
        return -1, -1
    held = [at for at, (first, after) in enumerate(spans) if after > answer.start and first < end]
    return (held[0], held[-1]) if held else (-1, -1)
