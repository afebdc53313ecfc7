"""The package `nni.algorithms.hpo` of NNI 2, as far as trials import it."""
