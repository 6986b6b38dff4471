from __future__ import annotations

import pytest

from digitviz.dashboard.maps.controls import from_address
from digitviz.dashboard.runtime.outside import WrongAddress, explain

LAYERS = ("pixels", "hidden_1", "logits", "w1_rows", "labels")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"method": "<b>"}, ["Method: one of pca, mds, isomap, spectral, tsne, umap. The link says `method=<b>`."]),
        (
            {"space": "hidden_9", "seed": "-1"},
            [
                f"Space: one of {', '.join(LAYERS)}. The link says `space=hidden_9`.",
                "Seed: a whole number from 0 to 999. The link says `seed=-1`.",
            ],
        ),
        ({"seed": "²"}, ["Seed: a whole number from 0 to 999. The link says `seed=²`."]),
        (
            {"seed": "1" * 400},
            [f"Seed: a whole number from 0 to 999. The link says `seed={'1' * 39}…` (400 characters)."],
        ),
        ({"dimensions": "4"}, ["Dimensions: a whole number from 2 to 3. The link says `dimensions=4`."]),
    ],
)
def test_an_address_that_asks_for_what_there_is_not_is_refused(address, said):
    with pytest.raises(WrongAddress) as refusal:
        from_address(address, LAYERS)
    assert explain(refusal.value, "").split("\n- ")[1:] == said
