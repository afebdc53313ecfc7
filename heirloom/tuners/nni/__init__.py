"""What runs NNI's experiments: users' tuners, assessors and configuration files, as they are."""
