"""The trials of an experiment in the forms of other tools: a module for each tool."""
