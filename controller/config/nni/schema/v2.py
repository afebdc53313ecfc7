"""NNI's configuration v2, as releases 2.x document it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from controller.config.fields import Duration
from controller.config.mistakes import Key
from controller.config.nni import nni_config
from controller.config.nni.nni_config import NniConfig
from controller.config.nni.schema.sections import (
    AlgorithmSection,
    Count,
    ExperimentType,
    GpuIndices,
    GpuSection,
    MachineSection,
    NniFile,
    Platform,
    Prepare,
    given_keys,
)

_SERVICE = "trainingService"


class Algorithm(AlgorithmSection):
    """A tuner, an assessor or an advisor: one of NNI's by `name`, or a class of the user's own."""

    name: str | None = None
    """One that comes with NNI."""
    code_directory: str | None = None
    """The directory of the class's file."""


class Gpus(GpuSection):
    """GPUs of a machine."""

    max_trial_number_per_gpu: Count = 1
    """How many trials share a GPU."""


class Machine(MachineSection, Gpus):
    """A machine that runs trials."""

    host: str
    """The machine's address or name."""
    user: str
    """The user to log in as."""
    password: Any = None
    """The password to log in with."""
    ssh_key_file: str | None = None
    """The private key to log in with."""
    ssh_passphrase: Any = None
    """The key's passphrase."""
    trial_prepare_command: Prepare = None
    """Commands that run before each trial."""


class Service(Gpus):
    """Where trials run."""

    platform: Platform
    """local or remote."""
    machine_list: list[Machine] = Field(default=[])
    """The machines that run trials."""
    reuse_mode: bool | None = None
    """Whether NNI keeps a process on each machine."""
    trial_command: str | None = None
    """The command that runs a trial."""
    trial_code_directory: str | None = None
    """The directory that holds the trial's code."""
    trial_gpu_number: int | None = Field(default=None, ge=0)
    """GPUs that one trial needs."""
    nni_manager_ip: str | None = None
    """The address of this machine."""


class V2(NniFile):
    """A configuration file, v2."""

    experiment_type: ExperimentType | None = None
    """hpo."""
    search_space_file: str | None = None
    """The file with the search space."""
    search_space: dict[str, Any] | None = None
    """The search space."""
    trial_command: str | None = None
    """The command that runs a trial."""
    trial_code_directory: str | None = None
    """The directory that holds the trial's code."""
    trial_concurrency: Count = 1
    """How many trials run at a time."""
    trial_gpu_number: int | None = Field(default=None, ge=0)
    """GPUs that one trial needs."""
    max_experiment_duration: Duration | None = None
    """How long the search may run, such as 1h."""
    max_trial_number: Count | None = None
    """How many trials may be proposed."""
    max_trial_duration: Duration | None = None
    """How long a trial may run, such as 10m."""
    experiment_working_directory: str | None = None
    """Where NNI keeps an experiment's files."""
    tuner_gpu_indices: GpuIndices | None = None
    """GPUs that the tuner's process sees."""
    tuner: Algorithm | None = None
    """The tuner, which proposes the trials."""
    assessor: Algorithm | None = None
    """The assessor, which stops trials early."""
    advisor: Algorithm | None = None
    """A tuner and an assessor in one."""
    training_service: list[Service] = Field(min_length=1)
    """Where trials run: it has at least a `platform`, local or remote. NNI takes a list too."""

    def to_config(self) -> NniConfig:
        """The content of the file, independent of its version."""
        services = self.training_service
        sections = {"tuner": self.tuner, "assessor": self.assessor, "advisor": self.advisor}
        command, command_key = self._top_or_service("trial_command")
        code_dir, code_key = self._top_or_service("trial_code_directory")
        gpus, gpus_key = self._top_or_service("trial_gpu_number")
        unneeded = given_keys(self, ("nni_manager_ip", "log_level", "debug"))
        for index, service in enumerate(services):
            names = ("nni_manager_ip", "reuse_mode")
            unneeded += given_keys(service, names, (_SERVICE, index))
        if self.tuner_gpu_indices:
            unneeded.append(("tunerGpuIndices",))
        is_local = [service.platform == "local" for service in services]
        here = is_local.index(True) if True in is_local else None
        directory = self.experiment_working_directory
        return NniConfig(
            name=self.experiment_name,
            concurrency=self.trial_concurrency,
            duration=self.max_experiment_duration,
            trials=self.max_trial_number,
            trial_duration=self.max_trial_duration,
            space=self.search_space,
            space_file=self.search_space_file,
            algorithms=[
                _algorithm(kind, section)
                for kind, section in sections.items()
                if section is not None
            ],
            command=command,
            code_dir=code_dir or ".",
            gpus=gpus,
            local=None if here is None else _gpus(services[here]),
            machines=[
                _machine((_SERVICE, index, "machineList", number), machine)
                for index, service in enumerate(services)
                if not is_local[index]
                for number, machine in enumerate(service.machine_list)
            ],
            without_machines=[
                (_SERVICE, index, "platform")
                for index, service in enumerate(services)
                if not is_local[index] and not service.machine_list
            ],
            annotations=self.use_annotation,
            unneeded=unneeded,
            directory_key=("experimentWorkingDirectory",) if directory else None,
            has_shared_storage=self.shared_storage is not None,
            heirloom=self.heirloom,
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
                "platform": (_SERVICE, here or 0, "platform"),
                "local": (_SERVICE, here or 0),
                "machines": (_SERVICE, is_local.index(False), "machineList")
                if False in is_local
                else (_SERVICE,),
                "services": (_SERVICE,),
                "indices": ("gpuIndices",),
                "use_active": ("useActiveGpu",),
                "ssh_key": ("sshKeyFile",),
                "shared_storage": ("sharedStorage",),
            },
        )

    def _top_or_service(self, name: str) -> tuple[Any, Key]:
        """A field that may be at the top or in a training service, and its key."""
        key = type(self).model_fields[name].alias or name
        value = getattr(self, name)
        for index, service in enumerate(self.training_service):
            in_service = getattr(service, name)
            if value is None and in_service is not None:
                return in_service, (_SERVICE, index, key)
        return value, (key,)


def _algorithm(kind: str, section: Algorithm) -> nni_config.Algorithm:
    return nni_config.Algorithm(
        kind=kind,
        name=None if section.name == "_none_" else section.name,
        class_=section.class_name,
        code_dir=section.code_directory,
        args=section.class_args,
        names={"name": "name", "class": "className", "code_dir": "codeDirectory"},
    )


def _machine(key: Key, machine: Machine) -> nni_config.Machine:
    return nni_config.Machine(
        key=key,
        host=machine.host,
        port=machine.port,
        user=machine.user,
        secrets=given_keys(machine, ("password", "ssh_passphrase")),
        ssh_key=machine.ssh_key_file,
        python=machine.python_path,
        gpus=_gpus(machine),
    )


def _gpus(section: Gpus) -> nni_config.Gpus:
    return nni_config.Gpus(
        indices=section.gpu_indices,
        trials_each=section.max_trial_number_per_gpu,
        use_active=section.use_active_gpu,
    )
