"""Messages about a wrong experiment file."""

from pathlib import Path
from textwrap import dedent

import pytest

from controller.config import ConfigError, load
from tests.unit.config.experiment_files import GOOD, mistakes, write

# Each: what replaces what in GOOD, then the line, the key and a part of the remedy.
TABLE = [
    ("budget:", "budgett: {}\nbudget:", 5, "budgett", "did you mean budget?"),
    ("trials: 40", "trials: 40, trails: 3", 5, "budget.trails", "did you mean trials?"),
    ("trials: 40", "concurrency: 2", 5, "budget.duration", "trials or duration is needed"),
    ("trials: 40", "trials: 0", 5, "budget.trials", "at least 1, not 0"),
    ("trials: 40", "trials: true", 5, "budget.trials", "a whole number, not true"),
    ("trials: 40", "duration: 3 weeks", 5, "budget.duration", "90 (seconds), 10m or 1h30m"),
    ("trials: 40", "duration: .inf", 5, "budget.duration", "above 0"),
    ("trials: 40", "duration: -1", 5, "budget.duration", "above 0"),
    ("budget: {trials: 40}", "", 1, "budget", "missing"),
    ("budget: {trials: 40}", "budget: 40", 5, "budget", "must be a mapping"),
    ("  command: python train.py", "  gpus: 0", 3, "trial.command", "missing"),
    ("python train.py", "''", 4, "trial.command", "such as python train.py"),
    ("python train.py", "[]", 4, "trial.command", "[python, train.py]"),
    ("python train.py", "[a, [b]]", 4, "trial.command", "not ['b']"),
    ("python train.py", "x\n  gpus: -1", 5, "trial.gpus", "at least 0, not -1"),
    ("python train.py", "x\n  slots: '2'", 5, "trial.slots", "a whole number, not '2'"),
    ("python train.py", "x\n  timeout: 10 minutes", 5, "trial.timeout", "10m"),
    ("python train.py", "x\n  log_limit: many", 5, "trial.log_limit", "64MB"),
    ("python train.py", "x\n  memory: 8", 5, "trial.memory", "a unit, such as 8GB"),
    ("python train.py", "x\n  memory: 1MB", 5, "trial.memory", "at least 16 MiB"),
    ("python train.py", "x\n  log_limit: 0", 5, "trial.log_limit", "above 0"),
    ("python train.py", "x\n  weights: requird", 5, "trial.weights", "did you mean required?"),
    ("python train.py", "x\n  retry: {times: 3}", 5, "trial.retry.0", "exit_code, or both"),
    ("python train.py", "x\n  retry: [{on: '('}]", 5, "trial.retry.0.on", "a regular expression"),
    ("python train.py", "x\n  retry: {exit_code: 0}", 5, "trial.retry.0.exit_code", "at least 1"),
    ("python train.py", "x\n  retry: 3", 5, "trial.retry", "rules such as {on: CUDA error"),
    ("python train.py", "x\n  code_dir: nowhere", 5, "trial.code_dir", "does not exist"),
    ("python train.py", "x\n  code_dir: experiment.yml", 5, "trial.code_dir", "not a directory"),
    ("python train.py", "x\n  code_dir: [3]", 5, "trial.code_dir", "must be a path"),
    ("python train.py", "x\n  code_dir: 3", 5, "trial.code_dir", "3 does not exist"),
    ("python train.py", "[x, null]", 4, "trial.command", "not null: put it in quotes"),
    ("python train.py", '"a\\0b"', 4, "trial.command", "the character NUL"),
    ("python train.py", '[a, "\\0"]', 4, "trial.command", "the character NUL"),
    ("python train.py", 'x\n  environment: {A: "\\0"}', 5, "trial.environment.A", "NUL"),
    ("python train.py", "x\n  timeout: 1:30", 5, "trial.timeout", "not '1:30'"),
    ("python train.py", "x\n  environment: [A]", 5, "trial.environment", "NAME: value"),
    ("python train.py", "x\n  environment: {A: ~}", 5, "trial.environment.A", "not null: put"),
    ("python train.py", "x\n  environment: {A-B: 1}", 5, "trial.environment.A-B", "letters"),
    ("python train.py", "x\n  environment: {HEIRLOOM_A: 1}", 5, "trial.environment", "Heirloom"),
    ("python train.py", "x\n  environment: {NNI_EXP_ID: 1}", 5, "trial.environment", "NNI_EXP_ID"),
    ("python train.py", "x\n  cpus: .nan", 5, "trial.cpus", "a finite number, not nan"),
    ("python train.py", "x\n  cpus: 0", 5, "trial.cpus", "must be above 0.0, not 0"),
    ("budget:", "description: ~\nbudget:", 5, "description", "must be text, not null"),
    ("python train.py", "x\n  value: maybe", 5, "trial.value", "required"),
    ("python train.py", "x\n  workdir: copies", 5, "trial.workdir", "did you mean copy?"),
    ("python train.py", "x\n  writable: [out]", 5, "trial.writable.0", "an absolute path"),
    ("python train.py", "x\n  writable: /out", 5, "trial.writable", "a list"),
    ("budget:", "exporters: [mlflow]\nbudget:", 5, "exporters", "a path by tool"),
    ("budget:", "exporters: {mlflow: ~}\nbudget:", 5, "exporters", "mlflow needs the path or"),
    ("budget:", "exporters: {a/b: runs}\nbudget:", 5, "exporters", "'a/b' is no name"),
    ("budget:", "name: Digits\nbudget:", 5, "name", "for example digits"),
    ("budget:", "name: 7.5\nbudget:", 5, "name", "not '7.5'; for example 7-5"),
    ("budget:", "name: [7]\nbudget:", 5, "name", "must be text"),
    ("budget:", "seed: 0123\nbudget:", 5, "seed", "a whole number, not '0123'"),
    ("budget:", "objective: maximise\nbudget:", 5, "objective", "did you mean maximize?"),
    (
        "budget:",
        "objective: {a: {maximize: yes, at_most: x}}\nbudget:",
        5,
        "objective.a.at_most",
        "must be a finite number, not 'x'",
    ),
    (
        "budget:",
        "objective: {a: maximize, b: minimize}\ntuner: {class: numpy.T, interface: nni}\nbudget:",
        6,
        "tuner",
        "tuner of NNI's interface takes a single objective without bounds",
    ),
    (
        "budget:",
        "objective: {a: maximize, b: minimize}\nassessor: {name: median_stopping}\n"
        "tuner: {name: random}\nbudget:",
        6,
        "assessor",
        "it would judge by a alone: leave it out",
    ),
    ("budget:", "seed: 1.5\nbudget:", 5, "seed", "a whole number"),
    ("budget:", "on_parent_failure: die\nbudget:", 5, "on_parent_failure", "ancestor"),
    ("budget:", "yes: 3\nbudget:", 5, "yes", "unknown key yes"),
    ("budget:", "inventory: nope\nbudget:", 5, "inventory", "does not exist"),
    ("budget:", "store: ~nobody-of-that-name\nbudget:", 5, "store", "~nobody-of-that-name"),
    ("budget:", "search_space_file: experiment.yml\nbudget:", 5, "search_space_file", "not both"),
    ("budget:", "budget: {trials: 1}\nbudget:", 6, "budget", "on line 5"),
    ("budget:", "tuner: {name: grd}\nbudget:", 5, "tuner.name", "did you mean grid?"),
    ("budget:", "tuner: {name: grid}\nbudget:", 2, "search_space.lr", "choice, randint"),
    ("budget:", "tuner: {name: nasnet}\nbudget:", 2, "search_space.lr", "lr is a number"),
    ("budget:", "tuner: {}\nbudget:", 5, "tuner.class", "evolution, gp, grid"),
    ("budget:", "tuner: {name: batch}\nbudget:", 2, "search_space.lr", "must be choice"),
    ("budget:", "tuner: {name: tpe, args: {startup: -1}}\nbudget:", 5, "tuner.args", "at least 0"),
    ("budget:", "tuner: {name: grid, class: a.B}\nbudget:", 5, "tuner.class", "not both"),
    ("budget:", "tuner: {class: B}\nbudget:", 5, "tuner.class", "MODULE.CLASS"),
    ("budget:", "tuner: {class: a.B}\nbudget:", 5, "tuner.class", "does not exist"),
    ("budget:", "tuner: {name: grid, interface: nni}\nbudget:", 5, "tuner.interface", "your own"),
    (
        "budget:",
        "tuner: {name: random, multi_thread: true}\nbudget:",
        5,
        "tuner.multi_thread",
        "interface: nni",
    ),
    (
        "budget:",
        "tuner: {name: random, patience: 1m}\nbudget:",
        5,
        "tuner.patience",
        "interface: nni",
    ),
    (
        "budget:",
        "tuner: {args: {populatio: 3}, name: evolution}\nbudget:",
        5,
        "tuner.args.populatio",
        "did you mean population?",
    ),
    (
        "budget:",
        "tuner: {args: {sample: x}, name: evolution}\nbudget:",
        5,
        "tuner.args.sample",
        "must be a whole number",
    ),
    (
        "budget:",
        "tuner: {args: {factors: 3}, name: pbt}\nbudget:",
        5,
        "tuner.args.factors",
        "must be a list, not 3",
    ),
    (
        "budget:",
        "tuner: {args: {quantile: 1}, name: pbt}\nbudget:",
        5,
        "tuner.args",
        "quantile must be above 0",
    ),
    (
        "budget:",
        "tuner: {args: {factors: [a]}, name: pbt}\nbudget:",
        5,
        "tuner.args.factors.0",
        "must be a number, not 'a'",
    ),
    (
        "budget:",
        "tuner: {args: {initial: x}, name: random}\nbudget:",
        5,
        "tuner.args.initial",
        "must be a list, not 'x'",
    ),
    (
        "budget:",
        "tuner: {args: {sample: 0}, name: evolution}\nbudget:",
        5,
        "tuner.args",
        "sample must be at least 1",
    ),
    (
        "budget:",
        "tuner: {args: {1: 0}, name: evolution}\nbudget:",
        5,
        "tuner.args.1",
        "unknown argument 1",
    ),
    ("budget:", "assessor: {name: median}\nbudget:", 5, "assessor.name", "median_stopping"),
    (
        "budget:",
        "assessor: {name: median_stopping, args: {seed: 1}}\nbudget:",
        5,
        "assessor.args.seed",
        "Known: warmup, min_trials",
    ),
    ("budget:", "inheritance: {from: closest}\nbudget:", 5, "inheritance.from", "nearest"),
    (
        "budget:",
        "inheritance: {from: nearest, limit: 2}\nbudget:",
        5,
        "inheritance.limit",
        "at most 1",
    ),
    ("budget:", "inheritance: {limit: 0.2}\nbudget:", 5, "inheritance.limit", "`from: nearest`"),
    (
        "budget:",
        "resource: {name: epochs, max: 27}\nbudget:",
        5,
        "resource",
        "tuner evolution does not decide how long a trial trains",
    ),
    (
        "budget:",
        "resource: {name: epochs, min: 9, max: 3}\nbudget:",
        5,
        "resource.max",
        "at least min, 9, not 3",
    ),
    (
        "budget:",
        "resource: {name: epochs, max: 27, eta: 1}\nbudget:",
        5,
        "resource.eta",
        "at least 2",
    ),
    ("budget:", "resource: {max: 3}\nbudget:", 5, "resource.name", "missing"),
    ("loguniform", "loguniforn", 2, "search_space.lr._type", "did you mean loguniform?"),
    ("[1e-4, 0.1]", "[0, 0.1]", 2, "search_space.lr._value", "above 0"),
    ("{_type: loguniform, _value: [1e-4, 0.1]}", "3", 2, "search_space.lr", "_type"),
    (
        "{_type: loguniform, _value: [1e-4, 0.1]}",
        "{loguniform: [0, 1]}",
        2,
        "search_space.lr.loguniform: ",
        "above 0",
    ),
    ("{_type: loguniform, _value: [1e-4, 0.1]}", "[yes, 3]", 2, "search_space.lr.0: ", "quotes"),
    (
        "search_space:\n  lr: {_type: loguniform, _value: [1e-4, 0.1]}\n",
        "",
        1,
        "search_space",
        "search_space_file",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "remedy"), TABLE)
def test_one_mistake(tmp_path: Path, old: str, new: str, line: int, key: str, remedy: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    [mistake] = mistakes(write(tmp_path, text))
    assert mistake.startswith(f"{line}: {key}")
    assert remedy in mistake


@pytest.mark.parametrize("kind", ["tuner", "assessor"])
def test_missing_key_is_named_in_the_spelling_of_the_file(tmp_path: Path, kind: str) -> None:
    [mistake] = mistakes(write(tmp_path, f"{GOOD}{kind}: {{}}\n"))
    assert mistake.startswith(f"6: {kind}.class: missing: name")


def test_unknown_key_is_named_as_written(tmp_path: Path) -> None:
    [mistake] = mistakes(
        write(
            tmp_path,
            f"{GOOD}tuner: {{name: grid, class_: a.B}}\n",
        )
    )
    assert mistake.startswith("6: tuner.class_: unknown key class_; did you mean class?")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "empty"),
        ("# nothing\n", None, "empty"),
        ("- a\n- b\n", 1, "must be a mapping"),
        ("hello", 1, "must be a mapping"),
        ("name: a\nname: [b\n", 3, "invalid YAML"),
        ("name: a\n\tseed: 3\n", 2, "invalid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("name: !!python/object:os.system x\n", 1, "invalid YAML"),
        ("a: &a\n  b: *a\n", 1, "contains itself"),
        ("[a]: 3\n", 1, "a key must be text"),
        ("a: 1\nb: !!binary aGk=\n", 2, "!!binary is not supported"),
        ("a: !!set {b}\n", 1, "!!set is not supported"),
        ("a: !vault x\n", 1, "!vault is not supported"),
        ("a: 1\nb: x\x07\n", 2, r"U\+0007 is not allowed"),
        (f"a: 1\nb: {'1' * 5000}\n", 2, "4300 digits"),
        ("{[a]: 3}\n", 1, "a key must be text"),
        ("seed: 2024-13-99 00:00:00\n", 1, "seed"),
    ],
)
def test_file_without_a_yaml_mapping(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=message) as caught:
        load(path)
    assert caught.value.mistakes[0].line == line or line is None


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "experiment.yml")
    with pytest.raises(ConfigError, match="is a directory"):
        load(tmp_path)
    binary = tmp_path / "binary.yml"
    binary.write_bytes(b"name: \xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(binary)


def test_every_mistake_is_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
    name: Digits
    objectiv: maximize
    search_space:
      a: {_type: unifrom, _value: [0, 1]}
      b: {_type: uniform, _value: [1, 0]}
    tuner: {name: evolution, args: {populatio: 1, sample: no}}
    trial: {gpus: -1}
    budget: {concurrency: 0}
    """
    reported = mistakes(write(tmp_path, dedent(text)))
    lines = [int(mistake.partition(":")[0]) for mistake in reported]
    assert lines == [1, 2, 4, 5, 6, 6, 7, 7, 8]


def test_anchors_and_merges_have_the_right_lines(tmp_path: Path) -> None:
    text = GOOD + dedent(
        """\
        tuner:
          name: evolution
          args: &args
            population: 3
        assessor:
          name: median_stopping
          args:
            <<: *args
            warmup: 1
        """
    )
    [mistake] = mistakes(write(tmp_path, text))
    assert mistake.startswith("9: assessor.args.population: unknown argument")


def test_mistake_in_a_search_space_file_names_that_file(tmp_path: Path) -> None:
    space = write(tmp_path, '{\n\t"lr": {\n\t\t"_type": "uniform", "_value": [1]}}', "space.json")
    text = GOOD.replace(GOOD[: GOOD.index("trial:")], "search_space_file: space.json\n")
    assert mistakes(write(tmp_path, text)) == [
        f"{space}:3: search_space.lr._value: uniform takes [low, high], not [1]"
    ]


@pytest.mark.parametrize("name", ["space.json", "dir", "~nobody-of-that-name/x"])
def test_search_space_file_that_cannot_be_read_is_one_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / "dir").mkdir()
    text = GOOD.replace(GOOD[: GOOD.index("trial:")], f"search_space_file: {name}\n")
    [mistake] = mistakes(write(tmp_path, text))
    assert name.rpartition("/")[0] in mistake
    assert "does not exist" in mistake or "is a directory" in mistake or "home" in mistake


def test_an_initial_candidate_that_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    initial = "tuner: {name: grid, args: {initial: [\n{lr: 3},\n{lr: 2},\n{rate: 1}]}}\nbudget:"
    space = "{lr: {_type: choice, _value: [1, 2]}}"
    text = GOOD.replace("search_space:\n  lr: {_type: loguniform, _value: [1e-4, 0.1]}", "{}")
    text = f"search_space: {space}\n" + text[3:].replace("budget:", initial)
    assert mistakes(write(tmp_path, text)) == [
        "5: tuner.args.initial.0.lr: must be one of 1, 2, not 3",
        "7: tuner.args.initial.2.rate: the search space has no such parameter; it has lr",
        "7: tuner.args.initial.2.lr: missing: give one of 1, 2",
    ]


def own_tuner(directory: Path, source: str) -> Path:
    write(directory, source, "my_tuner.py")
    return write(directory, GOOD + "tuner: {class: my_tuner.MyTuner, args: {a: [1, x]}}\n")


def test_own_tuner_is_found_without_importing_it(tmp_path: Path) -> None:
    trace = tmp_path / "imported"
    source = f"open({str(trace)!r}, 'w')\nclass MyTuner: pass\n"
    experiment = load(own_tuner(tmp_path, source))
    assert experiment.tuner.class_ == "my_tuner.MyTuner"
    assert experiment.tuner.code_dir == tmp_path
    assert not trace.exists()


def test_own_tuner_may_have_its_own_types_or_no_space(tmp_path: Path) -> None:
    path = own_tuner(tmp_path, "from elsewhere import *\n")
    path.write_text(path.read_text().replace("loguniform", "my_type"))
    assert load(path).search_space["lr"]["_type"] == "my_type"
    path.write_text(path.read_text()[path.read_text().index("trial:") :])
    assert load(path).search_space == {}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class MyTunr: pass", "did you mean MyTunr?"),
        ("x = 1\nclass MyTuner pass", "my_tuner.py:2: invalid Python"),
    ],
)
def test_own_tuner_with_a_mistake(tmp_path: Path, source: str, message: str) -> None:
    [mistake] = mistakes(own_tuner(tmp_path, source))
    assert mistake.startswith("6: tuner.class")
    assert message in mistake
