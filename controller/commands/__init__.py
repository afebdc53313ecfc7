"""The commands of the command line, one module each.

A module here declares the command's arguments and its help, and calls what does the work. It
imports that inside the function, so that one command does not load the libraries of all others.
"""
