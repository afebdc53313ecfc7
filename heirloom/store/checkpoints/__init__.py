"""Checkpoints: what a trial saves so that a later attempt of it continues there.

A checkpoint is a directory `STEP` (or `STEP.N`, where a step has several) in `checkpoint`, in the
directory of an attempt. It appears complete, by a rename (rename(2)). Beside it `STEP.json` lists
the size and the digest of each file; a program without Heirloom's library may leave that out. No
attempt reads another attempt's files: its supervisor copies the checkpoint with the highest step
and compares the copy with the digests.
"""
