"""The files between a trial's process and its supervisor, and the end of that process."""

from .trial_files import Channel as Channel
from .trial_files import channel as channel
