"""What is said of a training that was computed again."""

from __future__ import annotations

import dataclasses

import pytest

from digitviz.dashboard.train.again import in_words
from digitviz.training.fingerprint import fingerprint
from digitviz.training.records import Segment
from digitviz.training.verification import Verdict

HERE = fingerprint()
ELSEWHERE = dataclasses.replace(HERE, numpy="another")


@pytest.mark.parametrize(
    ("computed_by", "same_bits", "departs_at", "words"),
    [
        (HERE, True, None, "the same to the last bit"),
        (HERE, False, 25, "not the same from step 25 on"),
        (HERE, False, None, "the losses are the same, the weights that were kept are not"),
        (ELSEWHERE, False, None, "computed on another machine or by other versions"),
    ],
)
def test_a_part_that_came_out_otherwise_says_what_differs(computed_by, same_bits, departs_at, words):
    verdict = Verdict(Segment(20, computed_by, 1), 60, same_bits, 1e-13, departs_at, computed_by == HERE)
    said = in_words(verdict, "float64")
    assert said.startswith("Steps 21 to 60")
    assert words in said
