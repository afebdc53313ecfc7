"""Networks of the tuner `NetworkMorphism`, under the module name of NNI 2."""

from __future__ import annotations

from nni.networkmorphism_tuner.graph import Graph, json_to_graph

__all__ = ["Graph", "json_to_graph"]
