"""Options offered by the training controls."""

from __future__ import annotations

from tests.pages.reading import open_page


def test_a_slider_offers_1_2_5_10_20_and_so_on_from_one_end_of_its_range_to_the_other():
    page = open_page("train")
    sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000]
    assert page.select_slider("hp_batch_size").options == [f"{size:,}" for size in sizes]
    rates = page.select_slider("hp_learning_rate").options
    assert rates[:4] == ["0.000000001", "0.000000002", "0.000000005", "0.00000001"]
    assert rates[-4:] == ["10", "20", "50", "100"]
