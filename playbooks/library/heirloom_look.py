#!/usr/bin/python
"""Ansible module: what a node has for trials, and whether it sees the controller's store."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.heirloom.node import launch
from ansible.module_utils.heirloom.node.inspect import node_report

DOCUMENTATION = r"""
module: heirloom_look
short_description: Says what there is for trials on a node
description:
  - Tells the account that trials run as, Python, slots, GPUs, and what the store is here.
  - Starts nothing. Changes nothing but for the answer that it writes beside the controller's
    marker on the store.
  - A store, a driver or an interpreter that does not answer in time is given up, and named.
options:
  run_dir:
    description: Directory on the node's local disk for claims, bells and slots.
    type: path
    required: true
  slots:
    description: The node's slots as the inventory has them.
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
    description: As whom trials run; what root is asked to do is done as this user.
    type: str
  store:
    description: The store to look at; none is looked at without.
    type: dict
    suboptions:
      path:
        description: Where the node sees the store.
        type: str
        required: true
      node:
        description: The node's name in the inventory.
        type: str
        required: true
      directory:
        description: Directory of the controller's marker, relative to the store.
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
- name: See what two slots and a store come to
  heirloom_look:
    run_dir: /run/heirloom
    slots: [{name: "0"}, {name: "1"}]
    store: {path: /mnt/heirloom, node: gpu1}
"""

RETURN = r"""
answers:
  description: One answer, which holds everything (heirloom/node/inspect/node_report.py).
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: As whom trials would run.
      type: str
      sample: heirloom
    store:
      description: What the store is here.
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
    asked = module.params
    if module.check_mode and asked["store"]:
        asked["store"]["directory"] = ""
    try:
        answer = launch.as_user(asked["user"], lambda: node_report.look(asked))
    except Exception as error:  # Ansible's own words for it would be "Module failed."
        module.fail_json(msg=f"{type(error).__name__}: {error}")
    module.exit_json(changed=False, answers=[answer], invocation={})


if __name__ == "__main__":
    main()
