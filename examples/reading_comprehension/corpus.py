"""Writes the small corpus in SQuAD v1.1's format: python corpus.py

All places, persons and figures are invented. They are drawn from the lists below with a fixed seed.
A paragraph describes two things of the same kind, so that a model must find the right one. It
contains several years, numbers and names, so that a model must find which of them is asked for.
"""

import json
import random
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
FILES = {"train.json": 150, "dev.json": 30}  # number of articles, each with one paragraph
FACTS = 4  # facts about each thing
ASKED = 3  # questions about each thing


class Fact(NamedTuple):
    value: str  # a kind of `values`
    told: list[str]  # sentences; {it} is the thing, {v} the value
    asked: list[str]


TOPICS: dict[str, list[Fact]] = {
    "lighthouse": [
        Fact(
            "year",
            ["{it} was first lit in {v}.", "Since {v} {it} has warned ships off the rocks."],
            ["When was {it} first lit?", "In which year was {it} lit for the first time?"],
        ),
        Fact(
            "person",
            ["{it} is looked after by {v}.", "{v} lives alone in {it} and trims the lamp."],
            ["Who looks after {it}?", "Who lives in {it}?"],
        ),
        Fact(
            "colour",
            ["{it} shows a {v} light.", "At night {it} flashes {v}."],
            ["What colour is the light of {it}?", "Which colour does {it} show?"],
        ),
        Fact(
            "number",
            ["{v} steps lead to the top of {it}.", "Whoever climbs {it} counts {v} steps."],
            ["How many steps does {it} have?", "How many steps lead up {it}?"],
        ),
        Fact(
            "person",
            ["The plans for {it} were drawn by {v}.", "{it} was designed by {v}."],
            ["Who designed {it}?", "Who drew the plans for {it}?"],
        ),
    ],
    "ferry": [
        Fact(
            "year",
            ["{it} was launched in {v}.", "{it} has crossed the bay since {v}."],
            ["When was {it} launched?", "Since when has {it} crossed the bay?"],
        ),
        Fact(
            "person",
            ["The captain of {it} is {v}.", "{it} is steered by {v}."],
            ["Who is the captain of {it}?", "Who steers {it}?"],
        ),
        Fact(
            "number",
            ["{it} has room for {v} passengers.", "No more than {v} passengers fit on {it}."],
            ["How many passengers fit on {it}?", "How many passengers does {it} have room for?"],
        ),
        Fact(
            "place",
            ["{it} winters in the harbour of {v}.", "Each evening {it} returns to {v}."],
            ["Where does {it} return in the evening?", "In which harbour does {it} winter?"],
        ),
        Fact(
            "colour",
            ["The funnel of {it} is painted {v}.", "{it} is known by its {v} funnel."],
            ["What colour is the funnel of {it}?", "Which colour is {it} known by?"],
        ),
    ],
    "orchard": [
        Fact(
            "fruit",
            ["{it} grows nothing but {v}.", "In autumn {it} sells {v} by the basket."],
            ["What does {it} grow?", "What does {it} sell in autumn?"],
        ),
        Fact(
            "number",
            ["There are {v} trees in {it}.", "{it} counts {v} trees."],
            ["How many trees are in {it}?", "How many trees does {it} count?"],
        ),
        Fact(
            "person",
            ["{it} belongs to {v}.", "{v} inherited {it} from an aunt."],
            ["Who owns {it}?", "Who inherited {it}?"],
        ),
        Fact(
            "year",
            ["{it} was planted in {v}.", "The oldest tree of {it} dates from {v}."],
            ["When was {it} planted?", "From which year is the oldest tree of {it}?"],
        ),
        Fact(
            "place",
            ["{it} lies on a slope above {v}.", "The nearest market to {it} is in {v}."],
            ["Where does {it} lie?", "Where is the nearest market to {it}?"],
        ),
    ],
    "library": [
        Fact(
            "number",
            ["The shelves of {it} hold {v} books.", "{it} owns {v} books."],
            ["How many books does {it} own?", "How many books are on the shelves of {it}?"],
        ),
        Fact(
            "year",
            ["{it} opened its doors in {v}.", "A bequest of {v} paid for {it}."],
            ["When did {it} open?", "In which year was {it} paid for?"],
        ),
        Fact(
            "person",
            ["{it} was founded by {v}.", "The founder of {it} was {v}."],
            ["Who founded {it}?", "Who was the founder of {it}?"],
        ),
        Fact(
            "person",
            ["{v} keeps the catalogue of {it}.", "The librarian of {it} is called {v}."],
            ["Who is the librarian of {it}?", "Who keeps the catalogue of {it}?"],
        ),
        Fact(
            "subject",
            ["{it} collects works on {v}.", "Scholars of {v} travel far to see {it}."],
            ["What does {it} collect works on?", "Scholars of what travel to {it}?"],
        ),
    ],
    "telescope": [
        Fact(
            "person",
            ["The mirror of {it} was ground by {v}.", "{v} spent years on the mirror of {it}."],
            ["Who ground the mirror of {it}?", "Who made the mirror of {it}?"],
        ),
        Fact(
            "year",
            ["{it} saw its first star in {v}.", "{it} was finished in {v}."],
            ["When was {it} finished?", "In which year did {it} see its first star?"],
        ),
        Fact(
            "place",
            ["{it} stands on a hill near {v}.", "The dome of {it} can be seen from {v}."],
            ["Where does {it} stand?", "From where can the dome of {it} be seen?"],
        ),
        Fact(
            "number",
            ["With {it} {v} comets were found.", "{it} has found {v} comets so far."],
            ["How many comets has {it} found?", "How many comets were found with {it}?"],
        ),
        Fact(
            "subject",
            ["When it rains {it} is used to teach {v}.", "A school of {v} paid for {it}."],
            ["What is taught with {it} when it rains?", "A school of what paid for {it}?"],
        ),
    ],
    "bakery": [
        Fact(
            "fruit",
            ["{it} is famous for its tarts of {v}.", "The tarts of {it} are filled with {v}."],
            ["What are the tarts of {it} filled with?", "Tarts of what is {it} famous for?"],
        ),
        Fact(
            "person",
            ["The oven of {it} is lit by {v} before dawn.", "{v} kneads the dough at {it}."],
            ["Who lights the oven of {it}?", "Who kneads the dough at {it}?"],
        ),
        Fact(
            "number",
            ["{it} bakes {v} loaves a day.", "By noon {it} has sold {v} loaves."],
            ["How many loaves does {it} bake a day?", "How many loaves has {it} sold by noon?"],
        ),
        Fact(
            "year",
            ["{it} burned down in {v} and was built again.", "{it} won a medal in {v}."],
            ["When did {it} win a medal?", "When did {it} burn down?"],
        ),
        Fact(
            "colour",
            ["{it} has a {v} door.", "The bread of {it} is wrapped in {v} paper."],
            ["What colour is the door of {it}?", "Which colour is the bread paper of {it}?"],
        ),
    ],
}

WORDS = {
    kind: words.split()
    for kind, words in {
        "given": "Ada Bruno Clio Dag Edda Falk Gerda Hollis Ines Joris Katla Lorne Mira Nils Per",
        "family": "Alder Birk Corr Dunn Esk Fenn Gar Hask Ing Jarr Kell Lund Marr Nev Pell Quill",
        "family's end": "by son man wick well ford",
        "place": "Amber Bram Crow Dray Elder Fallow Grim Hazel Iron Juniper Kettle Larch Mallow",
        "place's end": "mere holt combe stead ness dale haven",
        "colour": "red green blue white yellow violet orange grey black brown",
        "fruit": "plums pears quinces cherries damsons medlars figs apricots mulberries currants",
        "subject": "botany music law weaving geometry chess navigation grammar bees clocks",
        "nickname": "Old Silver Merry Quiet Northern Broken Gilded Patient Windy Little",
    }.items()
}


def values(kind: str, chance: random.Random) -> str:
    """A random value of a kind."""
    if kind == "year":
        return str(chance.randint(1700, 1990))
    if kind == "number":
        return str(chance.randint(12, 990))
    if kind == "person":
        return f"{chance.choice(WORDS['given'])} {joined('family', chance)}"
    if kind == "place":
        return joined("place", chance)
    return chance.choice(WORDS[kind])


def joined(kind: str, chance: random.Random) -> str:
    return chance.choice(WORDS[kind]) + chance.choice(WORDS[f"{kind}'s end"])


def article(number: int, chance: random.Random) -> dict[str, Any]:
    """An article with one paragraph and its questions."""
    topic = chance.choice(sorted(TOPICS))
    names: list[str] = []
    while len(names) < 2:
        name = f"the {topic} of {joined('place', chance)}"
        if chance.random() < 0.5:
            name = f"the {chance.choice(WORDS['nickname'])} {topic.title()}"
        if name not in names:
            names.append(name)
    told = [(name, fact) for name in names for fact in chance.sample(TOPICS[topic], FACTS)]
    chance.shuffle(told)

    text, spans = "", []
    drawn = {name.split()[-1] for name in names}
    last = ""
    for name, fact in told:
        value = values(fact.value, chance)
        while value in drawn:  # so that an answer occurs only once
            value = values(fact.value, chance)
        drawn.add(value)
        it = "it" if name == last and chance.random() < 0.5 else name
        sentence = chance.choice(fact.told).replace("{it}", it)
        sentence = sentence[0].upper() + sentence[1:]
        start = len(text) + sentence.index("{v}")
        text += sentence.replace("{v}", value) + " "
        spans.append((name, fact, {"text": value, "answer_start": start}))
        last = name

    questions = []
    for name in names:
        for _, fact, answer in chance.sample([span for span in spans if span[0] == name], ASKED):
            question = chance.choice(fact.asked).replace("{it}", name)
            questions.append(
                {"id": f"{number}-{len(questions)}", "question": question, "answers": [answer]}
            )
    return {
        "title": f"{topic} {number}",
        "paragraphs": [{"context": text.strip(), "qas": questions}],
    }


def corpora() -> dict[str, str]:
    """The contents of each file by its name, always the same."""
    chance = random.Random(1)
    texts = {}
    for name, count in FILES.items():
        # One article a line, for readable diffs.
        lines = ",\n".join(json.dumps(article(number, chance)) for number in range(count))
        texts[name] = f'{{"version": "1.1", "data": [\n{lines}\n]}}\n'
    return texts


if __name__ == "__main__":
    for name, text in corpora().items():
        (HERE / name).write_text(text)
