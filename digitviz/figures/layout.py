"""Positions of a network's neurons and weights in its diagram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.figures.thinning import evenly
from digitviz.networks.parameters import Parameters

MOST_NODES_PER_LAYER = 64
MOST_EDGES = 3_000
"""Edges drawn at most; more of them would be a grey blur, and slow."""


@dataclass(frozen=True, eq=False)
class Diagram:
    """A network, laid out.

    Parameters
    ----------
    layers, neurons : ndarray of int, shape (nodes,)
        Of each node: its layer, 0 for the inputs, and its index in it.
    positions : ndarray, shape (nodes, 2)
        Of each node, from 0 to 1: inputs left, first neuron on top.
    sources, targets : ndarray of int, shape (edges,)
        Nodes that each edge joins, the strongest edges first.
    weights : ndarray, shape (edges,)
    left_out : int
        Number of weights without an edge.
    """

    layers: np.ndarray
    neurons: np.ndarray
    positions: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    left_out: int


def lay_out(parameters: Parameters, picked: tuple[int, int] | None = None) -> Diagram:
    """Lay a network out in layers, with its strongest weights as edges.

    Parameters
    ----------
    parameters : Parameters
    picked : (int, int), optional
        Layer and index of a neuron: it is always drawn, with all edges that enter it.

    Returns
    -------
    Diagram
        At most `MOST_NODES_PER_LAYER` neurons of a layer, evenly chosen, and `MOST_EDGES` edges besides those that
        enter the picked one.
    """
    import networkx  # importing it takes a fifth of a second, which only this diagram should cost

    sizes = [len(parameters.weights[0]), *(weight.shape[1] for weight in parameters.weights)]
    shown = [evenly(size, MOST_NODES_PER_LAYER) for size in sizes]
    if picked is not None:
        shown[picked[0]] = np.union1d(shown[picked[0]], [picked[1]])
    graph = networkx.Graph()
    for layer, neurons in enumerate(shown):
        graph.add_nodes_from(((layer, int(neuron)) for neuron in neurons), layer=layer)
    places = networkx.multipartite_layout(graph, subset_key="layer")
    nodes = list(graph)
    layers, neurons = np.array(nodes).T
    positions = np.array([places[node] for node in nodes])
    for layer in range(len(sizes)):  # every layer takes the whole height, in order, its first neuron on top
        heights = np.sort(positions[layers == layer, 1])
        spread = np.ptp(heights)
        positions[layers == layer, 1] = 0.5 if spread == 0 else 1 - (heights - heights[0]) / spread
    positions[:, 0] = layers / (len(sizes) - 1)

    index = {node: number for number, node in enumerate(nodes)}
    sources, targets, weights = [], [], []
    for layer, matrix in enumerate(parameters.weights):
        rows, columns = np.meshgrid(shown[layer], shown[layer + 1], indexing="ij")
        sources.append([index[layer, int(row)] for row in rows.ravel()])
        targets.append([index[layer + 1, int(column)] for column in columns.ravel()])
        weights.append(matrix[rows, columns].ravel())
    source, target, weight = np.concatenate(sources), np.concatenate(targets), np.concatenate(weights)
    strongest = np.argsort(-np.abs(weight), kind="stable")
    kept = strongest[:MOST_EDGES]
    if picked is not None:
        entering = strongest[target[strongest] == index[picked]]
        kept = np.concatenate([kept[target[kept] != index[picked]], entering])
    all_weights = sum(matrix.size for matrix in parameters.weights)
    return Diagram(layers, neurons, positions, source[kept], target[kept], weight[kept], all_weights - len(kept))
