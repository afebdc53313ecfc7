"""Reads NNI's configuration files, v1 and v2, into Heirloom's own form."""

from controller.config.nni.recognise import Version, version_of
from controller.config.nni.translate import translated

__all__ = ["Version", "translated", "version_of"]
