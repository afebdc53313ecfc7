"""Settings of Ansible that Heirloom relies on, by the variables that set them.

The variables take precedence over the user's environment and configuration file. Every other
setting is the user's: how to connect, to become another user, to find keys, passwords, vaults,
inventory plugins and collections. See `ansible-config list`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# What playbooks and roles do. They are written for Ansible's own defaults.
_ALWAYS = {
    "ANSIBLE_ANY_ERRORS_FATAL": "False",
    "ANSIBLE_FACTS_MODULES": "smart",
    "ANSIBLE_FORCE_HANDLERS": "False",
    "ANSIBLE_GATHERING": "implicit",
    "ANSIBLE_HASH_BEHAVIOUR": "replace",
    "ANSIBLE_HOST_PATTERN_MISMATCH": "warning",
    "ANSIBLE_PRIVATE_ROLE_VARS": "False",
    "ANSIBLE_STRATEGY": "linear",
    "ANSIBLE_TASK_TIMEOUT": "0",
}

# Output that Heirloom parses.
_OUTPUT = {
    "ANSIBLE_CALLBACK_FORMAT_PRETTY": "False",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.default",  # a list cannot be empty
    "ANSIBLE_CHECK_MODE_MARKERS": "False",
    "ANSIBLE_DEBUG": "False",
    "ANSIBLE_DEPRECATION_WARNINGS": "False",
    "ANSIBLE_DIFF_ALWAYS": "False",
    "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "False",
    "ANSIBLE_DISPLAY_FAILED_STDERR": "False",
    "ANSIBLE_DISPLAY_OK_HOSTS": "True",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "True",
    "ANSIBLE_DISPLAY_TRACEBACK": "never",
    "ANSIBLE_FORCE_COLOR": "False",
    "ANSIBLE_INVENTORY_EXPORT": "False",
    "ANSIBLE_LOG_VERBOSITY": "0",
    "ANSIBLE_NO_LOG": "False",
    "ANSIBLE_NOCOLOR": "True",
    "ANSIBLE_NOCOWS": "True",
    "ANSIBLE_SHOW_CUSTOM_STATS": "False",
    "ANSIBLE_SHOW_PER_HOST_START": "False",
    "ANSIBLE_SHOW_TASK_PATH_ON_FAILURE": "False",
    "ANSIBLE_SSH_VERBOSITY": "0",
    "ANSIBLE_STDOUT_CALLBACK": "default",
    "ANSIBLE_VERBOSE_TO_STDERR": "False",
    "ANSIBLE_VERBOSITY": "0",
}

# Questions that nobody answers, tasks that are left out, and what is left behind on nodes and here.
_UNATTENDED = {
    "ANSIBLE_ASK_PASS": "False",
    "ANSIBLE_ASK_VAULT_PASS": "False",
    "ANSIBLE_BECOME_ASK_PASS": "False",
    "ANSIBLE_CACHE_PLUGIN": "memory",
    "ANSIBLE_ENABLE_TASK_DEBUGGER": "False",
    "ANSIBLE_KEEP_REMOTE_FILES": "False",
    "ANSIBLE_NO_TARGET_SYSLOG": "True",
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "ANSIBLE_RUN_TAGS": "all",
    "ANSIBLE_SKIP_TAGS": "",
}

# Variables that replace a default: Heirloom's own inventories are YAML files.
_NEEDED = {
    "ANSIBLE_INVENTORY_ENABLED": "yaml",
    "ANSIBLE_INVENTORY_PLUGIN_EXTS": ".yml",
    "ANSIBLE_YAML_FILENAME_EXT": ".yml",
}


def always(theirs: Mapping[str, str], root: Path) -> dict[str, str]:
    """The settings of every Ansible program. `root` holds playbooks and roles."""
    ours = {
        "ANSIBLE_LIBRARY": root / "playbooks" / "library",
        "ANSIBLE_MODULE_UTILS": root / "playbooks" / "module_utils",
        "ANSIBLE_ROLES_PATH": root / "roles",
    }
    paths = {
        name: ":".join(filter(None, (str(path), theirs.get(name, ""))))
        for name, path in ours.items()
    }
    needed = {name: f"{theirs[name]},{item}" for name, item in _NEEDED.items() if theirs.get(name)}
    return {**_ALWAYS, **paths, **needed}


def unattended() -> dict[str, str]:
    """Further settings of a program that runs in the background, and whose output is parsed."""
    return {**_OUTPUT, **_UNATTENDED}
