"""What continues an experiment: its journal, more budget, or the trials of an earlier one."""
