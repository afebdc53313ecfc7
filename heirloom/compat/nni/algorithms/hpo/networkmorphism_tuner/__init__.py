"""What trials of NNI's NetworkMorphism import, under the module name of NNI 2."""
