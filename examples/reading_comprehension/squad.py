"""Files and measures of SQuAD v1.1 (Rajpurkar et al., EMNLP 2016, arXiv:1606.05250)."""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Answer(NamedTuple):
    text: str
    start: int  # index of its first character in the text


class Question(NamedTuple):
    text: str
    question: str
    answers: tuple[Answer, ...]  # each of them is correct


Article = list[Question]


def read(path: Path) -> list[Article]:
    """The articles of a file. Raises SystemExit with the file's name if it is not valid."""
    try:
        return [
            [
                Question(
                    paragraph["context"],
                    asked["question"],
                    tuple(
                        Answer(answer["text"], answer["answer_start"])
                        for answer in asked["answers"]
                    ),
                )
                for paragraph in article["paragraphs"]
                for asked in paragraph["qas"]
            ]
            for article in json.loads(path.read_text(encoding="utf-8"))["data"]
        ]
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError) as error:
        raise SystemExit(f"{path} is not in SQuAD v1.1's format: {error!r}") from None


def normalized(text: str) -> str:
    """A text in lower case, without punctuation, articles and repeated spaces."""
    kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def exact(predicted: str, expected: str) -> float:
    """1 if both are equal after normalization, otherwise 0."""
    return float(normalized(predicted) == normalized(expected))


def f1(predicted: str, expected: str) -> float:
    """The harmonic mean of precision and recall over the common words."""
    predicted_words, expected_words = normalized(predicted).split(), normalized(expected).split()
    common = sum((Counter(predicted_words) & Counter(expected_words)).values())
    if not common:
        return 0.0
    precision, recall = common / len(predicted_words), common / len(expected_words)
    return 2 * precision * recall / (precision + recall)


def scores(predicted: Sequence[str], questions: Iterable[Question]) -> tuple[float, float]:
    """Mean F1 and exact match, from 0 to 1. Of several correct answers the nearest counts."""
    pairs = [
        (
            max(f1(text, expected.text) for expected in question.answers),
            max(exact(text, expected.text) for expected in question.answers),
        )
        for text, question in zip(predicted, questions, strict=True)
    ]
    return sum(pair[0] for pair in pairs) / len(pairs), sum(pair[1] for pair in pairs) / len(pairs)
