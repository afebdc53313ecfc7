"""Where the nodes of a graph are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from controller.views.page.documents.analysis.network.graph import LARGEST, Edge, Graph, Node, plain


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph whose edges lead from earlier nodes to later ones."""
    size = draw(st.integers(1, 20))
    pairs = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))))
    nodes = [Node(str(n), f"node {n}") for n in range(size)]
    edges = [Edge(str(min(pair)), str(max(pair))) for pair in pairs if pair[0] != pair[1]]
    return Graph("graph", nodes, edges)


@given(graphs())
def test_edges_lead_down_and_no_two_nodes_share_a_place(graph: Graph) -> None:
    found = plain(graph, {})
    nodes = found["nodes"]
    assert all(nodes[edge["from"]]["rank"] < nodes[edge["to"]]["rank"] for edge in found["edges"])
    places = [(node["rank"], node["place"]) for node in nodes]
    assert len(set(places)) == len(places)
    assert found["ranks"] == 1 + max(node["rank"] for node in nodes)


def test_a_graph_that_is_too_large_is_cut() -> None:
    graph = Graph(
        "graph", [Node(str(n), "x") for n in range(LARGEST + 5)], [Edge("0", str(LARGEST + 1))]
    )
    found = plain(graph, {})
    assert (len(found["nodes"]), found["left_out"], found["edges"]) == (LARGEST, 5, [])
