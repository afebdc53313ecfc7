"""Changes to a PyTorch network that keep its function: a child starts as good as its parent.

After each, the network's output in eval mode is what it was, up to rounding. `wider` and `deeper`
are Net2Net's (Chen et al., 2016, arXiv:1511.05641); `skip`, `more_inputs` and `larger_kernel` are
those of network morphism (Wei et al., 2016, arXiv:1603.01670).

The layers are changed in place and get new parameters: create the optimizer afterwards. A trial
builds its parent's network, inherits the weights, and then changes it:

    model = build(trial.params["parent"])
    inherit(model)
    wider(model.conv1, 64, followers=[model.conv2], norms=[model.norm1])
"""

from .depth import deeper, skip
from .inputs import larger_kernel, more_inputs
from .layers import MorphismError
from .width import wider

__all__ = ["MorphismError", "deeper", "larger_kernel", "more_inputs", "skip", "wider"]
