"""NNI's configuration v1, as its release 1.2 documents it, with what later releases added."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from controller.config.fields import Duration
from controller.config.nni.sections import (
    Annotation,
    Count,
    GpuIndices,
    MultiPhase,
    NasMode,
    NniSection,
    Passphrase,
    Password,
    Platform,
    Prepare,
)


class Algorithm(NniSection):
    """A tuner, an assessor or an advisor: a class of the user's own."""

    code_dir: str | None = None
    """The directory of the class's file."""
    class_file_name: str | None = None
    """The file of the class, such as my_tuner.py."""
    class_name: str | None = None
    """The class."""
    class_args: dict[str, Any] = Field(default={})
    """What the class is made with."""
    gpu_indices: GpuIndices | None = None
    """GPUs that its process sees."""
    gpu_num: int | None = None
    """How many GPUs its process sees."""
    checkpoint_dir: str | None = None
    """Where it keeps its state."""


class Tuner(Algorithm):
    """What proposes the trials."""

    builtin_tuner_name: str | None = None
    """One that comes with NNI."""
    include_intermediate_results: bool = False
    """Whether the last report of a trial that was stopped early is told as its result."""


class Assessor(Algorithm):
    """What ends hopeless trials early."""

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


class Gpus(NniSection):
    """GPUs of a machine."""

    gpu_indices: GpuIndices | None = None
    """The GPUs that trials may use, such as 0,1,3."""
    max_trial_num_per_gpu: Count = 1
    """How many trials share a GPU."""
    use_active_gpu: bool | None = None
    """Whether GPUs that other programs use are used too."""


class Machine(Gpus):
    """A machine that runs trials."""

    ip: str
    """The machine's address or name."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """The port of its SSH server."""
    username: str
    """As whom to log in."""
    passwd: Password = None
    """The password to log in with."""
    ssh_key_path: str | None = None
    """The private key to log in with."""
    passphrase: Passphrase = None
    """The key's passphrase."""
    python_path: str | None = None
    """The directory of the interpreter that trials use."""
    pre_command: Prepare = None
    """Commands that run before each trial."""


class V1(NniSection):
    """A configuration file, v1."""

    author_name: str | None = None
    """Who made the experiment."""
    experiment_name: str | None = None
    """The experiment's name."""
    description: str | None = None
    """Whatever people should know about it."""
    trial_concurrency: Count
    """How many trials run at a time."""
    max_exec_duration: Duration | None = None
    """How long the search may run, such as 1h."""
    max_trial_num: Count | None = None
    """How many trials may be made."""
    training_service_platform: Platform
    """local or remote."""
    search_space_path: str | None = None
    """The file with the search space."""
    use_annotation: Annotation = False
    """Whether the search space stands in the trial's code."""
    multi_phase: MultiPhase = False
    """Whether a trial asks for several sets of parameters."""
    multi_thread: bool = False
    """Whether the tuner's calls may wait beside one another."""
    nni_manager_ip: str | None = None
    """The address of this machine."""
    log_dir: str | None = None
    """Where NNI keeps an experiment's files."""
    log_level: str | None = None
    """What NNI logs."""
    log_collection: str | None = None
    """How NNI collects logs."""
    debug: bool | None = None
    """Whether NNI logs more."""
    version_check: bool | None = None
    """Whether NNI compares its versions."""
    tuner: Tuner | None = None
    """What proposes the trials."""
    assessor: Assessor | None = None
    """What ends hopeless trials early."""
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
    shared_storage: dict[str, Any] | None = None
    """Storage that the machines share."""
    heirloom: dict[str, Any] = Field(default={})
    """Keys of Heirloom's own form, over what the rest comes to."""
