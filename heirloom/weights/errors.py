"""What can be wrong with saved weights and with what is asked of them."""


class WeightsError(ValueError):
    """Weights cannot be saved or inherited; the message says what is wrong and what to do."""
