"""The package `nni.algorithms` of NNI 2, as far as trials import it."""
