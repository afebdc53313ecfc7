"""Messages about a wrong NNI configuration."""

from pathlib import Path

import pytest

from tests.unit.config.nni_files import OWN_V1, V1, V2, lay_out, mistakes

# Each: what replaces what in V1, then the line, the key and a part of the remedy.
TABLE_1 = [
    (
        "trialConcurrency: 3",
        "trialConcurency: 3",
        3,
        "trialConcurency",
        "did you mean trialConcurrency?",
    ),
    ("trialConcurrency: 3", "trialConcurrency: 0", 3, "trialConcurrency", "at least 1, not 0"),
    ("maxExecDuration: 1h", "maxExecDuration: long", 4, "maxExecDuration", "10m or 1h30m"),
    ("maxTrialNum: 10", "maxTrialNum: ten", 5, "maxTrialNum", "a whole number, not 'ten'"),
    (": local", ": pai", 6, "trainingServicePlatform", "use local, or remote with a machineList"),
    (": local", ": kubeflow", 6, "trainingServicePlatform", "kubeflow is not supported"),
    ("search_space.json", "space.json", 7, "searchSpacePath", "does not exist"),
    ("useAnnotation: false", "useAnnotation: true", 8, "useAnnotation", "nni.get_next_parameter()"),
    ("useAnnotation: false", "multiPhase: true", 8, "multiPhase", "a trial for each phase"),
    (
        "useAnnotation: false",
        "advisor: {builtinAdvisorName: Hyperband}",
        8,
        "advisor",
        "give either a tuner or an advisor, not both",
    ),
    (
        "useAnnotation: false",
        "assessor: {builtinAssessorName: Curvefitting, classArgs: {epoch_num: 0}}",
        8,
        "assessor.classArgs",
        "steps and gap must be at least 1",
    ),
    (
        "useAnnotation: false",
        "assessor: {builtinAssessorName: Curvefitting, classArgs: {epoch: 3}}",
        8,
        "assessor.classArgs.epoch",
        "did you mean epoch_num?",
    ),
    (
        "useAnnotation: false",
        "assessor: {builtinAssessorName: Medianstop, classArgs: {optimize_mode: maximize}}",
        8,
        "assessor.classArgs.optimize_mode",
        "must be minimize, as in the tuner",
    ),
    (
        "useAnnotation: false",
        "assessor: {builtinAssessorName: Medianstop, classArgs: {start_step: x}}",
        8,
        "assessor.classArgs.start_step",
        "a whole number, not 'x'",
    ),
    (
        "useAnnotation: false",
        "heirloom: {budjet: {}}",
        8,
        "heirloom.budjet",
        "did you mean budget?",
    ),
    (
        "useAnnotation: false",
        "heirloom: {trial: {retries: -1}}",
        8,
        "heirloom.trial.retries",
        "at least 0",
    ),
    ("useAnnotation: false", "heirloom: 3", 8, "heirloom", "must be a mapping"),
    ("Random", "Anneal", 10, "tuner.builtinTunerName", "NNI's Anneal is not supported: use TPE"),
    ("Random", "DNGOTuner", 10, "tuner.builtinTunerName", "use GPTuner"),
    ("Random", "PPOTuner", 10, "tuner.builtinTunerName", "{name: nasnet}"),
    ("Random", "RegularizedEvolutionTuner", 10, "tuner.builtinTunerName", "inherit: true"),
    (
        "Random\n  classArgs:",
        "PBTTuner\n  classArgs:\n    fraction: 0.9",
        11,
        "tuner.classArgs",
        "quantile must be above 0 and at most 0.5, not 0.9",
    ),
    (
        "Random\n  classArgs:",
        "PBTTuner\n  classArgs:\n    factor: x",
        12,
        "tuner.classArgs.factor",
        "must be a list",
    ),
    (
        "Random\n  classArgs:",
        "BOHB\n  classArgs:\n    max_budget: many",
        12,
        "tuner.classArgs.max_budget",
        "a whole number, not 'many'",
    ),
    (
        "Random\n  classArgs:",
        "Hyperband\n  classArgs:\n    eta: 1",
        12,
        "tuner.classArgs.eta",
        "at least 2, not 1",
    ),
    (
        "Random\n  classArgs:",
        "Hyperband\n  classArgs:\n    r: 9",
        12,
        "tuner.classArgs.r",
        "unknown argument r",
    ),
    ("Random", "Evolutionn", 10, "tuner.builtinTunerName", "did you mean Evolution?"),
    ("Random", "Random\n  className: A\n  classFileName: a.py", 9, "tuner", "not both"),
    (
        "builtinTunerName: Random",
        "className: A",
        9,
        "tuner",
        "classFileName, the file of the class A",
    ),
    ("builtinTunerName: Random", "classFileName: a.py", 9, "tuner", "className, the class in a.py"),
    ("  builtinTunerName: Random\n", "", 9, "tuner", "missing: builtinTunerName, or className"),
    ("minimize", "smallest", 12, "tuner.classArgs.optimize_mode", "maximize or minimize"),
    (
        "optimize_mode: minimize",
        "optimise_mode: x",
        12,
        "tuner.classArgs.optimise_mode",
        "did you mean optimize_mode?",
    ),
    ("  command: python3 mnist.py\n", "", 13, "trial.command", "missing. The command that runs"),
    ("codeDir: code", "codeDir: cod", 15, "trial.codeDir", "does not exist"),
    ("gpuNum: 0", "gpuNum: -1", 16, "trial.gpuNum", "at least 0"),
    (
        "gpuNum: 0",
        "gpuNum: 1\nlocalConfig: {gpuIndices: all}",
        17,
        "localConfig.gpuIndices",
        "0,1,3",
    ),
    (
        "gpuNum: 0",
        "gpuNum: 2\nlocalConfig: {gpuIndices: 0}",
        17,
        "localConfig.gpuIndices",
        "a trial needs 2 GPUs, but only 1 are listed",
    ),
]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lay_out(tmp_path)


@pytest.mark.parametrize(("old", "new", "line", "key", "remedy"), TABLE_1)
def test_one_mistake(tmp_path: Path, old: str, new: str, line: int, key: str, remedy: str) -> None:
    text = V1.replace(old, new, 1)
    assert text != V1
    reported = mistakes(tmp_path, text)
    assert len(reported) == 1, reported
    assert reported[0].startswith(f"{line}: {key}: "), reported
    assert remedy in reported[0]


TABLE_2 = [
    ("trialCommand:", "trialComand:", 3, "trialComand", "did you mean trialCommand?"),
    (
        "  name: Random",
        "  {name: Random, className: a.B}",
        7,
        "tuner",
        "give either name or className",
    ),
    (
        "  name: Random",
        "  {className: my_tuner.MyTunr, codeDirectory: tuners}",
        8,
        "tuner.className",
        "did you mean MyTuner?",
    ),
    (
        "  name: Random",
        "  {className: other.MyTuner, codeDirectory: tuners}",
        8,
        "tuner.className",
        "does not exist",
    ),
    (
        "  platform: local",
        "  platform: openpai",
        10,
        "trainingService.platform",
        "openpai is not supported",
    ),
    ("tuner:\n  name: Random\n", "", 1, "missing", "tuner, which proposes the trials"),
    ("maxTrialNumber: 10", "searchSpace: {}", 6, "searchSpace", "not both"),
    ("maxTrialNumber: 10", "tunerGpuIndices: x", 6, "tunerGpuIndices", "indexes of GPUs"),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "remedy"), TABLE_2)
def test_one_mistake_in_version_2(
    tmp_path: Path, old: str, new: str, line: int, key: str, remedy: str
) -> None:
    text = V2.replace(old, new, 1)
    assert text != V2
    reported = mistakes(tmp_path, text)
    assert len(reported) == 1, reported
    assert reported[0].startswith(f"{line}: {key}: "), reported
    assert remedy in reported[0]


def test_unsupported_platform_is_the_only_mistake_reported(tmp_path: Path) -> None:
    text = V1.replace(": local", ": pai") + "  image: x\npaiConfig: {host: h}\n"
    [reported] = mistakes(tmp_path, text)
    assert reported.startswith("6: trainingServicePlatform: pai is not supported: use local")


def test_every_mistake_of_an_nni_file_is_listed_in_order(tmp_path: Path) -> None:
    text = V1.replace("3", "0").replace("useAnnotation: false", "useAnnotation: true")
    text = text.replace("codeDir: code", "codeDirectory: code") + "trial: 3\n"
    lines = [int(one.partition(":")[0]) for one in mistakes(tmp_path, text)]
    assert lines == sorted(lines)
    assert {3, 8, 17} <= set(lines)


def test_unsupported_tuner_hides_no_other_mistake(tmp_path: Path) -> None:
    text = V1.replace("Random", "Anneal").replace("codeDir: code", "codeDir: cod")
    (tmp_path / "search_space.json").write_text('{\n"x": {"_type": "unifrm", "_value": [0, 1]}}')
    reported = mistakes(tmp_path, text)
    assert len(reported) == 3
    assert f"{tmp_path}/search_space.json:2: search_space.x._type" in reported[-1]


def test_arguments_of_an_own_tuner_are_not_checked(tmp_path: Path) -> None:
    own = OWN_V1.replace("classArgs: {optimize_mode: minimize, population: 3}", "classArgs: 3")
    text = V1[: V1.index("tuner:")] + own + V1[V1.index("trial:") :]
    [reported] = mistakes(tmp_path, text)
    assert reported.startswith("13: tuner.classArgs: must be a mapping")
