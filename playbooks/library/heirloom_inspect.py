#!/usr/bin/python
"""Ansible module: report what a node offers to trials, and the state of the store there."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.heirloom.node import launch
from ansible.module_utils.heirloom.node.inspect import node_report

DOCUMENTATION = r"""
module: heirloom_inspect
short_description: Report what a node offers to trials
description:
  - Reports the account that trials run as, Python, slots, GPUs, and the state of the store.
  - Starts nothing. Changes nothing, except that it writes an answer beside the controller's
    marker on the store.
  - A store, a driver or an interpreter that does not answer within ten seconds is reported as such.
options:
  run_dir:
    description: Directory on the node's local disk for claims, wakeups and slots.
    type: path
    required: true
  slots:
    description: The node's slots, from the inventory.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the slot.
        type: str
        required: true
      gpus:
        description: Indexes or UUIDs of the GPUs that the slot gives to its trial.
        type: list
        elements: str
        default: []
  python:
    description: Interpreter that trials find as C(python); by default the module's own.
    type: path
  user:
    description: User that runs trials. If the module runs as root, it changes to this user.
    type: str
  store:
    description: The store to inspect. Without this option no store is inspected.
    type: dict
    suboptions:
      path:
        description: Path of the store on the node.
        type: str
        required: true
      node:
        description: The node's name in the inventory.
        type: str
        required: true
      directory:
        description: >-
          Directory of the controller's marker, relative to the store. Without it no marker is
          read.
        type: str
        default: ""
requirements:
  - Python 3.9 or newer on the node
attributes:
  check_mode:
    support: full
    description: In check mode the marker is not answered.
author:
  - Heirloom
"""

EXAMPLES = r"""
- name: Inspect two slots and a store
  heirloom_inspect:
    run_dir: /run/heirloom
    slots: [{name: "0"}, {name: "1"}]
    store: {path: /mnt/heirloom, node: gpu1}
"""

RETURN = r"""
answers:
  description: A list of one element, the node report (heirloom/node/inspect/node_report.py).
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: User that would run trials.
      type: str
      sample: heirloom
    store:
      description: State of the store on this node.
      type: dict
      sample: {path: /mnt/heirloom, state: there}
"""


def main() -> None:
    """Run the module."""
    slot = {
        "name": {"type": "str", "required": True},
        "gpus": {"type": "list", "elements": "str", "default": []},
    }
    store = {
        "path": {"type": "str", "required": True},
        "node": {"type": "str", "required": True},
        "directory": {"type": "str", "default": ""},
    }
    module = AnsibleModule(
        argument_spec={
            "run_dir": {"type": "path", "required": True},
            "slots": {"type": "list", "elements": "dict", "options": slot, "required": True},
            "python": {"type": "path"},
            "user": {"type": "str"},
            "store": {"type": "dict", "options": store},
        },
        supports_check_mode=True,
    )
    request = module.params
    if module.check_mode and request["store"]:
        request["store"]["directory"] = ""
    try:
        report = launch.run_as_user(request["user"], lambda: node_report.inspect(request))
    except Exception as error:  # otherwise Ansible reports only "Module failed."
        module.fail_json(msg=f"{type(error).__name__}: {error}")
    module.exit_json(changed=False, answers=[report], invocation={})


if __name__ == "__main__":
    main()
