"""Experiments for their readers: followed while they are read, with documents that are shared.

Each has a thread of its own, in which its journal is read and its documents are made.
"""
