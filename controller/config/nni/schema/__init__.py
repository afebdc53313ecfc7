"""The two versions of NNI's configuration file: their keys, and how a file is checked."""
