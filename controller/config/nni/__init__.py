"""Translates NNI's configuration files, v1 and v2, to Heirloom's form."""

from controller.config.nni.schema.recognise import Version, version_of
from controller.config.nni.translate import translate

__all__ = ["Version", "translate", "version_of"]
