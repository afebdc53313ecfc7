"""NNI's configuration v2, as its releases 2.x document it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from controller.config.fields import Duration
from controller.config.nni.sections import (
    Annotation,
    Count,
    GpuIndices,
    NniSection,
    Passphrase,
    Password,
    Platform,
    Prepare,
)


class Algorithm(NniSection):
    """A tuner, an assessor or an advisor: one of NNI's by `name`, or a class of the user's own."""

    name: str | None = None
    """One that comes with NNI."""
    class_name: str | None = None
    """A class of the user's own, such as my_tuner.MyTuner."""
    code_directory: str | None = None
    """The directory of the class's file."""
    class_args: dict[str, Any] = Field(default={})
    """What it is made with."""


class Gpus(NniSection):
    """GPUs of a machine."""

    gpu_indices: GpuIndices | None = None
    """The GPUs that trials may use, such as 0,1,3."""
    max_trial_number_per_gpu: Count = 1
    """How many trials share a GPU."""
    use_active_gpu: bool | None = None
    """Whether GPUs that other programs use are used too."""


class Machine(Gpus):
    """A machine that runs trials."""

    host: str
    """The machine's address or name."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """The port of its SSH server."""
    user: str
    """As whom to log in."""
    password: Password = None
    """The password to log in with."""
    ssh_key_file: str | None = None
    """The private key to log in with."""
    ssh_passphrase: Passphrase = None
    """The key's passphrase."""
    python_path: str | None = None
    """The directory of the interpreter that trials use."""
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


class V2(NniSection):
    """A configuration file, v2."""

    experiment_name: str | None = None
    """The experiment's name."""
    experiment_type: Literal["hpo"] | None = None
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
    """How many trials may be made."""
    max_trial_duration: Duration | None = None
    """How long a trial may run, such as 10m."""
    use_annotation: Annotation = False
    """Whether the search space stands in the trial's code."""
    nni_manager_ip: str | None = None
    """The address of this machine."""
    debug: bool | None = None
    """Whether NNI logs more."""
    log_level: str | None = None
    """What NNI logs."""
    experiment_working_directory: str | None = None
    """Where NNI keeps an experiment's files."""
    tuner_gpu_indices: GpuIndices | None = None
    """GPUs that the tuner's process sees."""
    tuner: Algorithm | None = None
    """What proposes the trials."""
    assessor: Algorithm | None = None
    """What ends hopeless trials early."""
    advisor: Algorithm | None = None
    """A tuner and an assessor in one."""
    training_service: Service
    """Where trials run: it has at least a `platform`, local or remote."""
    shared_storage: dict[str, Any] | None = None
    """Storage that the machines share."""
    heirloom: dict[str, Any] = Field(default={})
    """Keys of Heirloom's own form, over what the rest comes to."""
