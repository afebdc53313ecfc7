#!/usr/bin/python
"""Ansible module: end, start and probe the attempts of one experiment on a agent."""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.heirloom.node import agent, launch

DOCUMENTATION = r"""
module: heirloom_trials
short_description: Ends, starts and probes attempts of trials on a node
description:
  - Takes everything that one node is to do in a wave, in one call, because a call costs the same
    for one attempt as for sixty-four.
  - Ends come first, then starts, then probes. Every supervisor that is started outlives the call.
  - A start that is repeated starts nothing twice; it is answered with what became of the first.
  - Touches the node's local disk only, so that a store that hangs cannot hold it.
options:
  run_dir:
    description: Directory on the node's local disk for claims, bells and slots.
    type: path
    required: true
  experiment:
    description: Name of the experiment as it stands on the store.
    type: str
    required: true
  slots:
    description: The node's slots; those that are missing are made.
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
    description: Interpreter that trials find as C(python), unless their spec names one.
    type: path
  user:
    description: As whom trials run; what root is asked to do is done as this user.
    type: str
  ends:
    description: Attempts to end.
    type: list
    elements: dict
    default: []
    suboptions:
      attempt:
        description: Name of the attempt, such as C(7.2).
        type: str
        required: true
      how:
        description: What the attempt's outcome will be.
        type: str
        choices: [stopped, cancelled, recalled]
        required: true
      reason:
        description: Why, in words.
        type: str
        default: ""
  starts:
    description: JSON list of specs, one for each attempt to start.
    type: json
    default: "[]"
  probes:
    description: Names of the attempts to ask after.
    type: list
    elements: str
    default: []
requirements:
  - Python 3.9 or newer on the node
attributes:
  check_mode:
    support: full
    description: In check mode every attempt is probed, and none is started or ended.
author:
  - Heirloom
"""

EXAMPLES = r"""
- name: Ask what became of two attempts
  heirloom_trials:
    run_dir: /run/heirloom
    experiment: digits-3fa92c1b
    slots: [{name: "0"}]
    probes: ["7.2", "8.1"]
"""

RETURN = r"""
answers:
  description: One answer for each attempt, in the order of ends, starts and probes.
  returned: success
  type: list
  elements: dict
  contains:
    attempt:
      description: Name of the attempt.
      type: str
      sample: "7.2"
    found:
      description: What the node says of it.
      type: str
      sample: running
    reason:
      description: Why, in words.
      type: str
    outcome:
      description: The supervisor's last message, where the attempt has ended.
      type: dict
"""


def answers_of(module: AnsibleModule) -> list[dict[str, Any]]:
    """Do what the module is asked to, and return an answer for each attempt."""
    asked = module.params
    run_dir, experiment = asked["run_dir"], asked["experiment"]
    ends, starts, probes = asked["ends"], json.loads(asked["starts"]), asked["probes"]
    if module.check_mode:
        named = [item["attempt"] for item in ends + starts]
        return agent.probe(run_dir, experiment, named + probes)
    return (
        agent.end(run_dir, experiment, ends)
        + agent.start(run_dir, asked["slots"], starts, asked["python"])
        + agent.probe(run_dir, experiment, probes)
    )


def main() -> None:
    """Run the module."""
    slot = {
        "name": {"type": "str", "required": True},
        "gpus": {"type": "list", "elements": "str", "default": []},
    }
    end = {
        "attempt": {"type": "str", "required": True},
        "how": {"type": "str", "required": True, "choices": ["stopped", "cancelled", "recalled"]},
        "reason": {"type": "str", "default": ""},
    }
    module = AnsibleModule(
        argument_spec={
            "run_dir": {"type": "path", "required": True},
            "experiment": {"type": "str", "required": True},
            "slots": {"type": "list", "elements": "dict", "options": slot, "required": True},
            "python": {"type": "path"},
            "user": {"type": "str"},
            "ends": {"type": "list", "elements": "dict", "options": end, "default": []},
            # One string, which is neither searched for templates nor logged: a wave's specs are
            # large, and their environment may hold what is nobody's business.
            "starts": {"type": "json", "default": "[]", "no_log": True},
            "probes": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        answers = launch.as_user(module.params["user"], lambda: answers_of(module))
    except Exception as error:  # Ansible's own words for it would be "Module failed."
        module.fail_json(msg=f"{type(error).__name__}: {error}")
    ended = answers[: len(module.params["ends"])]
    changed = any(answer["found"] == "started" for answer in answers) or any(
        answer["found"] in ("running", "absent") for answer in ended
    )
    # The arguments are not repeated in the result: every byte of it travels back as an event.
    module.exit_json(changed=changed and not module.check_mode, answers=answers, invocation={})


if __name__ == "__main__":
    main()
