"""The package `nni.runtime` of NNI 2, as far as trials and tuners import it."""
