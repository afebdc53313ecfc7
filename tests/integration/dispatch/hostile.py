"""Settings in a user's environment that would break a search if Ansible followed them."""

SETTINGS = {
    "AD_HOC_COMMAND_ID": "x",
    "ANSIBLE_ANY_ERRORS_FATAL": "True",
    "ANSIBLE_ASK_PASS": "True",
    "ANSIBLE_ASK_VAULT_PASS": "True",
    "ANSIBLE_BECOME_ASK_PASS": "True",
    "ANSIBLE_CACHE_PLUGIN": "jsonfile",
    "ANSIBLE_CALLBACKS_ENABLED": "timer,profile_tasks",
    "ANSIBLE_CALLBACK_PLUGINS": "/nonexistent",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_DEBUG": "1",
    "ANSIBLE_DIFF_ALWAYS": "True",
    "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "True",
    "ANSIBLE_DISPLAY_FAILED_STDERR": "True",
    "ANSIBLE_DISPLAY_OK_HOSTS": "False",
    "ANSIBLE_DISPLAY_TRACEBACK": "always",
    "ANSIBLE_ENABLE_TASK_DEBUGGER": "True",
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_GATHERING": "explicit",
    "ANSIBLE_HASH_BEHAVIOUR": "merge",
    "ANSIBLE_INVENTORY_EXPORT": "True",
    "ANSIBLE_INVENTORY_ENABLED": "ini",
    "ANSIBLE_JINJA2_NATIVE": "False",
    "ANSIBLE_KEEP_REMOTE_FILES": "True",
    "ANSIBLE_LIBRARY": "/nonexistent",
    "ANSIBLE_NO_LOG": "True",
    "ANSIBLE_RUN_TAGS": "mine",
    "ANSIBLE_SKIP_TAGS": "all",
    "ANSIBLE_STDOUT_CALLBACK": "json",
    "ANSIBLE_STRATEGY": "free",
    "ANSIBLE_TASK_TIMEOUT": "1",
    "ANSIBLE_VERBOSITY": "4",
    "ANSIBLE_YAML_FILENAME_EXT": ".json",
    "AWX_LIB_DIRECTORY": "/nonexistent",
    "JOB_ID": "x",
    "MAX_EVENT_RES": "10",
    "ORIGINAL_STDOUT_CALLBACK": "nonexistent",
    "RUNNER_OMIT_EVENTS": "true",
    "RUNNER_ONLY_FAILED_EVENTS": "true",
}

# The same in a configuration file.
CONFIGURATION = """
[defaults]
ask_pass = True
ask_vault_pass = True
callbacks_enabled = timer, profile_tasks
display_args_to_stdout = True
display_ok_hosts = False
enable_task_debugger = True
gathering = explicit
hash_behaviour = merge
keep_remote_files = True
library = /nonexistent
no_log = True
roles_path = /nonexistent
stdout_callback = json
strategy = free
verbosity = 4
[privilege_escalation]
become_ask_pass = True
[tags]
run = mine
skip = all
[inventory]
export = True
"""
