"""How Hypothesis tries things, everywhere: a slow machine is no failure."""

from hypothesis import HealthCheck, settings

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":  # on a CI machine it is Hypothesis's own
    settings.load_profile("local")
