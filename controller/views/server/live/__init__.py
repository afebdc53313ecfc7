"""Experiments for their readers: followed while somebody looks, with documents that all share.

Each has a thread of its own, in which its journal is read and its documents are made.
"""
