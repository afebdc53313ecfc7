"""Where NNI 2 keeps what surrounds trials and tuners."""
