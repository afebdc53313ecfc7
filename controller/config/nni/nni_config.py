"""What an NNI configuration says, whatever its version, and under which key it says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from controller.config.mistakes import Key
from controller.config.nni import v1, v2

_HARMLESS_1 = ("nni_manager_ip", "log_level", "log_collection", "debug", "version_check",
               "remote_config")  # fmt: skip
_HARMLESS_2 = ("nni_manager_ip", "log_level", "debug")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """GPUs of a machine, and how they are shared."""

    indices: Sequence[str] | None
    each: int  # trials on one
    active: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A remote machine."""

    key: Key
    host: str
    port: int | None
    user: str
    identity: str | None  # the private key's file
    python: str | None
    gpus: Gpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A tuner, an assessor or an advisor.

    `names` has the file's words for its name, class and code_dir.
    """

    kind: str
    name: str | None
    class_: str | None
    code_dir: str | None
    args: Mapping[str, Any]
    names: Mapping[str, str]
    gpus: str | None = None  # the key that gives it GPUs
    state: str | None = None  # the key that says where it keeps its state
    last_report: bool = False
    lacks: str | None = None  # words for what is missing

    def key(self, name: str) -> Key:
        """Where the file says this of it."""
        return (self.kind, self.names[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class NniConfig:
    """One configuration. `keys` has the file's key of each thing that Heirloom calls otherwise."""

    name: str | None
    author: str | None = None
    description: str | None = None
    concurrency: int
    duration: float | None
    trials: int | None
    trial_duration: float | None = None
    space: Mapping[str, Any] | None = None
    space_file: str | None
    multi_thread: bool = False
    algorithms: Sequence[Algorithm]
    command: str | None
    code_dir: str
    gpus: int | None
    platform: str
    local: Gpus
    machines: Sequence[Machine]
    harmless: Sequence[Key]
    place: Key | None  # where it says in which directory NNI works
    storage: bool
    heirloom: Mapping[str, Any]
    keys: Mapping[str, Key]

    def algorithm(self, kind: str) -> Algorithm | None:
        """The tuner, the assessor or the advisor."""
        return next((one for one in self.algorithms if one.kind == kind), None)


def of_v1(file: v1.V1) -> NniConfig:
    """What a file of version 1 says."""
    sections = {"tuner": file.tuner, "assessor": file.assessor, "advisor": file.advisor}
    return NniConfig(
        name=file.experiment_name,
        author=file.author_name,
        description=file.description,
        concurrency=file.trial_concurrency,
        duration=file.max_exec_duration,
        trials=file.max_trial_num,
        space_file=file.search_space_path,
        multi_thread=file.multi_thread,
        algorithms=[
            _algorithm_1(kind, section) for kind, section in sections.items() if section is not None
        ],
        command=file.trial.command,
        code_dir=file.trial.code_dir,
        gpus=file.trial.gpu_num,
        platform=file.training_service_platform,
        local=_gpus_1(file.local_config),
        machines=[
            Machine(
                key=("machineList", index),
                host=machine.ip,
                port=machine.port,
                user=machine.username,
                identity=machine.ssh_key_path,
                python=machine.python_path,
                gpus=_gpus_1(machine),
            )
            for index, machine in enumerate(file.machine_list)
        ],
        harmless=_given(file, _HARMLESS_1),
        place=("logDir",) if file.log_dir else None,
        storage=file.shared_storage is not None,
        heirloom=file.heirloom,
        keys={
            "name": ("experimentName",),
            "description": ("description",),
            "concurrency": ("trialConcurrency",),
            "duration": ("maxExecDuration",),
            "trials": ("maxTrialNum",),
            "space_file": ("searchSpacePath",),
            "multi_thread": ("multiThread",),
            "command": ("trial", "command"),
            "code_dir": ("trial", "codeDir"),
            "gpus": ("trial", "gpuNum"),
            "platform": ("trainingServicePlatform",),
            "local": ("localConfig",),
            "machines": ("machineList",),
            "indices": ("gpuIndices",),
            "active": ("useActiveGpu",),
            "identity": ("sshKeyPath",),
            "storage": ("sharedStorage",),
        },
    )


def of_v2(file: v2.V2) -> NniConfig:
    """What a file of version 2 says."""
    service = file.training_service
    sections = {"tuner": file.tuner, "assessor": file.assessor, "advisor": file.advisor}

    def here_or_there(name: str) -> tuple[Any, Key]:
        """A field that may stand at the top or in the training service, and where it does."""
        key = type(file).model_fields[name].alias or name
        at_top = getattr(file, name)
        if at_top is None and getattr(service, name) is not None:
            return getattr(service, name), ("trainingService", key)
        return at_top, (key,)

    command, command_key = here_or_there("trial_command")
    code_dir, code_key = here_or_there("trial_code_directory")
    gpus, gpus_key = here_or_there("trial_gpu_number")
    directory = file.experiment_working_directory
    return NniConfig(
        name=file.experiment_name,
        concurrency=file.trial_concurrency,
        duration=file.max_experiment_duration,
        trials=file.max_trial_number,
        trial_duration=file.max_trial_duration,
        space=file.search_space,
        space_file=file.search_space_file,
        algorithms=[
            Algorithm(
                kind=kind,
                name=None if section.name == "_none_" else section.name,
                class_=section.class_name,
                code_dir=section.code_directory,
                args=section.class_args,
                names={"name": "name", "class": "className", "code_dir": "codeDirectory"},
            )
            for kind, section in sections.items()
            if section is not None
        ],
        command=command,
        code_dir=code_dir or ".",
        gpus=gpus,
        platform=service.platform,
        local=_gpus_2(service),
        machines=[
            Machine(
                key=("trainingService", "machineList", index),
                host=machine.host,
                port=machine.port,
                user=machine.user,
                identity=machine.ssh_key_file,
                python=machine.python_path,
                gpus=_gpus_2(machine),
            )
            for index, machine in enumerate(service.machine_list)
        ],
        harmless=[
            *_given(file, _HARMLESS_2),
            *[
                ("trainingService", *key)
                for key in _given(service, ("nni_manager_ip", "reuse_mode"))
            ],
            *([("tunerGpuIndices",)] if file.tuner_gpu_indices else []),
        ],
        place=("experimentWorkingDirectory",) if directory else None,
        storage=file.shared_storage is not None,
        heirloom=file.heirloom,
        keys={
            "name": ("experimentName",),
            "concurrency": ("trialConcurrency",),
            "duration": ("maxExperimentDuration",),
            "trials": ("maxTrialNumber",),
            "trial_duration": ("maxTrialDuration",),
            "space": ("searchSpace",),
            "space_file": ("searchSpaceFile",),
            "command": command_key,
            "code_dir": code_key,
            "gpus": gpus_key,
            "platform": ("trainingService", "platform"),
            "local": ("trainingService",),
            "machines": ("trainingService", "machineList"),
            "indices": ("gpuIndices",),
            "active": ("useActiveGpu",),
            "identity": ("sshKeyFile",),
            "storage": ("sharedStorage",),
        },
    )


def _algorithm_1(kind: str, section: v1.Algorithm) -> Algorithm:
    builtin = f"builtin{kind.title()}Name"
    name: str | None = getattr(section, f"builtin_{kind}_name")
    file, class_, code_dir = section.class_file_name, section.class_name, section.code_dir
    lacks = None
    if class_ is not None and file is None:
        lacks = f"missing: classFileName, the file of the class {class_}"
    elif file is not None and class_ is None:
        lacks = f"missing: className, the class in {file}"
    elif file is not None:
        class_, code_dir = _dotted(file, f"{class_}", code_dir or ".")
    names = {"name": builtin, "class": "className", "code_dir": "codeDir"}
    return Algorithm(
        kind=kind,
        name=name,
        class_=class_,
        code_dir=code_dir,
        args=section.class_args,
        names=names,
        gpus="gpuIndices" if section.gpu_indices else "gpuNum" if section.gpu_num else None,
        state="checkpointDir" if section.checkpoint_dir else None,
        lacks=lacks,
        last_report=isinstance(section, v1.Tuner) and section.include_intermediate_results,
    )


def _dotted(file: str, class_: str, code_dir: str) -> tuple[str, str]:
    """The class as MODULE.CLASS, and the directory that it is imported from."""
    path = PurePosixPath(file).with_suffix("")
    parts = [part for part in path.parts if part != "."]
    if all(part.isidentifier() for part in parts):
        return ".".join([*parts, class_]), code_dir
    return f"{path.name}.{class_}", str(PurePosixPath(code_dir) / path.parent)


def _gpus_1(section: v1.Gpus) -> Gpus:
    return Gpus(
        indices=section.gpu_indices,
        each=section.max_trial_num_per_gpu,
        active=section.use_active_gpu,
    )


def _gpus_2(section: v2.Gpus) -> Gpus:
    return Gpus(
        indices=section.gpu_indices,
        each=section.max_trial_number_per_gpu,
        active=section.use_active_gpu,
    )


def _given(section: v1.V1 | v2.V2 | v2.Service, names: Sequence[str]) -> list[Key]:
    """The keys, of these fields, that the file has."""
    fields = type(section).model_fields
    return [(fields[name].alias or name,) for name in names if name in section.model_fields_set]
