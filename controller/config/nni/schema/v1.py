"""NNI's configuration v1, as release 1.2 documents it, with the keys of later releases."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from pydantic import Field

from controller.config.fields import Duration
from controller.config.nni import nni_config
from controller.config.nni.nni_config import NniConfig
from controller.config.nni.schema.sections import (
    AlgorithmSection,
    Count,
    GpuIndices,
    GpuSection,
    MachineSection,
    MultiPhase,
    NasMode,
    NniFile,
    NniSection,
    Platform,
    Prepare,
    given_keys,
)

_UNNEEDED = (
    "nni_manager_ip",
    "log_level",
    "log_collection",
    "debug",
    "version_check",
    "remote_config",
)


class Algorithm(AlgorithmSection):
    """A tuner, an assessor or an advisor: a class of the user's own."""

    code_dir: str | None = None
    """The directory of the class's file."""
    class_file_name: str | None = None
    """The file of the class, such as my_tuner.py."""
    gpu_indices: GpuIndices | None = None
    """GPUs that its process sees."""
    gpu_num: int | None = None
    """How many GPUs its process sees."""
    checkpoint_dir: str | None = None
    """The directory of its checkpoints."""


class Tuner(Algorithm):
    """The tuner, which proposes the trials."""

    builtin_tuner_name: str | None = None
    """One that comes with NNI."""
    include_intermediate_results: bool = False
    """Whether the last report of a trial that was stopped early counts as its result."""


class Assessor(Algorithm):
    """The assessor, which stops trials early."""

    builtin_assessor_name: str | None = None
    """One that comes with NNI."""


class Advisor(Algorithm):
    """A tuner and an assessor in one."""

    builtin_advisor_name: str | None = None
    """One that comes with NNI."""


class Trial(NniSection):
    """How a trial is run."""

    command: str
    """The command that runs a trial."""
    code_dir: str = "."
    """The directory that holds the trial's code."""
    gpu_num: int | None = Field(default=None, ge=0)
    """GPUs that one trial needs."""
    nas_mode: NasMode = None
    """How NNI searches architectures."""


class Gpus(GpuSection):
    """GPUs of a machine."""

    max_trial_num_per_gpu: Count = 1
    """How many trials share a GPU."""


class Machine(MachineSection, Gpus):
    """A machine that runs trials."""

    ip: str
    """The machine's address or name."""
    username: str
    """The user to log in as."""
    passwd: Any = None
    """The password to log in with."""
    ssh_key_path: str | None = None
    """The private key to log in with."""
    passphrase: Any = None
    """The key's passphrase."""
    pre_command: Prepare = None
    """Commands that run before each trial."""


class V1(NniFile):
    """A configuration file, v1."""

    author_name: str | None = None
    """Who made the experiment."""
    description: str | None = None
    """Text for people."""
    trial_concurrency: Count
    """How many trials run at a time."""
    max_exec_duration: Duration | None = None
    """How long the search may run, such as 1h."""
    max_trial_num: Count | None = None
    """How many trials may be proposed."""
    training_service_platform: Platform
    """local or remote."""
    search_space_path: str | None = None
    """The file with the search space."""
    multi_phase: MultiPhase = False
    """Whether a trial asks for several sets of parameters."""
    multi_thread: bool = False
    """Whether the tuner's calls may block in parallel."""
    log_dir: str | None = None
    """Where NNI keeps an experiment's files."""
    log_collection: str | None = None
    """How NNI collects logs."""
    version_check: bool | None = None
    """Whether NNI compares its versions."""
    tuner: Tuner | None = None
    """The tuner, which proposes the trials."""
    assessor: Assessor | None = None
    """The assessor, which stops trials early."""
    advisor: Advisor | None = None
    """A tuner and an assessor in one."""
    trial: Trial
    """How a trial is run; it has at least a `command`."""
    local_config: Gpus = Gpus()
    """GPUs of this machine."""
    remote_config: dict[str, Any] | None = None
    """How NNI uses remote machines."""
    machine_list: list[Machine] = Field(default=[])
    """The machines that run trials."""

    def to_config(self) -> NniConfig:
        """The content of the file, independent of its version."""
        sections = {"tuner": self.tuner, "assessor": self.assessor, "advisor": self.advisor}
        is_local = self.training_service_platform == "local"
        listed = [] if is_local else self.machine_list
        machines = [_machine(index, each) for index, each in enumerate(listed)]
        return NniConfig(
            name=self.experiment_name,
            author=self.author_name,
            description=self.description,
            concurrency=self.trial_concurrency,
            duration=self.max_exec_duration,
            trials=self.max_trial_num,
            space_file=self.search_space_path,
            multi_thread=self.multi_thread,
            algorithms=[
                _algorithm(kind, section)
                for kind, section in sections.items()
                if section is not None
            ],
            command=self.trial.command,
            code_dir=self.trial.code_dir,
            gpus=self.trial.gpu_num,
            local=_gpus(self.local_config) if is_local else None,
            machines=machines,
            without_machines=[] if is_local or machines else [("trainingServicePlatform",)],
            annotations=self.use_annotation,
            unneeded=given_keys(self, _UNNEEDED),
            directory_key=("logDir",) if self.log_dir else None,
            has_shared_storage=self.shared_storage is not None,
            heirloom=self.heirloom,
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
                "services": ("trainingServicePlatform",),
                "indices": ("gpuIndices",),
                "use_active": ("useActiveGpu",),
                "ssh_key": ("sshKeyPath",),
                "shared_storage": ("sharedStorage",),
            },
        )


def _algorithm(kind: str, section: Algorithm) -> nni_config.Algorithm:
    file, class_, code_dir = section.class_file_name, section.class_name, section.code_dir
    missing = None
    if class_ is not None and "." in class_ and file is None:
        pass  # a class of an installed package
    elif class_ is not None and file is None:
        missing = f"missing: classFileName, the file of the class {class_}"
    elif file is not None and class_ is None:
        missing = f"missing: className, the class in {file}"
    elif file is not None:
        class_, code_dir = _dotted(file, f"{class_}", code_dir or ".")
    builtin: str | None = getattr(section, f"builtin_{kind}_name")
    return nni_config.Algorithm(
        kind=kind,
        name=builtin,
        class_=class_,
        code_dir=code_dir,
        args=section.class_args,
        names={
            "name": f"builtin{kind.title()}Name",
            "class": "className",
            "code_dir": "codeDir",
        },
        gpus_key="gpuIndices" if section.gpu_indices else "gpuNum" if section.gpu_num else None,
        checkpoint_key="checkpointDir" if section.checkpoint_dir else None,
        missing=missing,
        uses_last_report=isinstance(section, Tuner) and section.include_intermediate_results,
    )


def _dotted(file: str, class_: str, code_dir: str) -> tuple[str, str]:
    """The class as MODULE.CLASS, and the directory that it is imported from."""
    path = PurePosixPath(file).with_suffix("")
    parts = [part for part in path.parts if part != "."]
    if all(part.isidentifier() for part in parts):
        return ".".join([*parts, class_]), code_dir
    return f"{path.name}.{class_}", str(PurePosixPath(code_dir) / path.parent)


def _machine(index: int, machine: Machine) -> nni_config.Machine:
    return nni_config.Machine(
        key=("machineList", index),
        host=machine.ip,
        port=machine.port,
        user=machine.username,
        secrets=given_keys(machine, ("passwd", "passphrase")),
        ssh_key=machine.ssh_key_path,
        python=machine.python_path,
        gpus=_gpus(machine),
    )


def _gpus(section: Gpus) -> nni_config.Gpus:
    return nni_config.Gpus(
        indices=section.gpu_indices,
        trials_each=section.max_trial_num_per_gpu,
        use_active=section.use_active_gpu,
    )
