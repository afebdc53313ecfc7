"""What trials of NNI's NetworkMorphism import."""
