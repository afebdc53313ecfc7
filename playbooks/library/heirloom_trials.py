#!/usr/bin/python
"""Ansible module: end, start and probe the attempts of one experiment on a node."""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.heirloom.node import attempts, launch

DOCUMENTATION = r"""
module: heirloom_trials
short_description: End, start and probe attempts of trials on a node
description:
  - Takes a node's whole list of one wave in one call, because a call takes the same time for one
    attempt as for sixty-four.
  - Ends come first, then starts, then probes. Supervisors outlive the call that starts them.
  - Starting is idempotent. A repeated start is answered with the state of the attempt.
  - Uses the node's local disk only, so that a hung store cannot delay it.
options:
  run_dir:
    description: Directory on the node's local disk for claims, wakeups and slots.
    type: path
    required: true
  experiment:
    description: Name of the experiment on the store.
    type: str
    required: true
  slots:
    description: The node's slots. Missing ones are created.
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
    description: User that runs trials. If the module runs as root, it changes to this user.
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
        description: Outcome that the attempt shall have.
        type: str
        choices: [stopped, cancelled, recalled]
        required: true
      reason:
        description: Reason, for people.
        type: str
        default: ""
  starts:
    description: JSON list of specs, one for each attempt to start.
    type: json
    default: "[]"
  passed:
    description:
      - JSON object of variables, with their values, for the attempts whose specs name them in
        C(pass_environment).
      - On the node they are in a file that only the trials' user can read, until the attempt ends.
    type: json
  probes:
    description: Names of the attempts to probe.
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
- name: Probe two attempts
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
      description: State of the attempt on the node.
      type: str
      sample: running
    reason:
      description: Reason, for people.
      type: str
    outcome:
      description: The supervisor's last message, where the attempt has ended.
      type: dict
"""


def answers_of(module: AnsibleModule) -> list[dict[str, Any]]:
    """End, start and probe as the parameters say. Returns an answer for each attempt."""
    params = module.params
    run_dir, experiment = params["run_dir"], params["experiment"]
    ends, starts, probes = params["ends"], json.loads(params["starts"]), params["probes"]
    passed = json.loads(params["passed"] or "{}")
    if module.check_mode:
        named = [item["attempt"] for item in ends + starts]
        return attempts.probe(run_dir, experiment, named + probes)
    return (
        attempts.end(run_dir, experiment, ends)
        + attempts.start(run_dir, params["slots"], starts, params["python"], passed)
        + attempts.probe(run_dir, experiment, probes)
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
            # One string, so that Ansible does not search it for templates. Not logged, because a
            # wave's specs are large and their environment may contain secrets.
            "starts": {"type": "json", "default": "[]", "no_log": True},
            # Without a default, which Ansible would hide wherever it occurs in the answers.
            "passed": {"type": "json", "no_log": True},
            "probes": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        answers = launch.run_as_user(module.params["user"], lambda: answers_of(module))
    except Exception as error:  # otherwise Ansible reports only "Module failed."
        module.fail_json(msg=f"{type(error).__name__}: {error}")
    ended = answers[: len(module.params["ends"])]
    changed = any(answer["found"] == "started" for answer in answers) or any(
        answer["found"] in ("running", "absent") for answer in ended
    )
    # Without the arguments: the result travels back in full, as an event of ansible-runner.
    module.exit_json(changed=changed and not module.check_mode, answers=answers, invocation={})


if __name__ == "__main__":
    main()
