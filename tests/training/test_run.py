from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.lesson.batch import batch_of
from digitviz.training.setup import batch_rows
from digitviz.training.trajectory import CHECKPOINTS_BYTES

ENGINES = ["numpy", "torch"]
SMALL = {"batches": 4, "steps_per_batch": 12}


def assert_same(a: TrainingRun, b: TrainingRun) -> None:
    assert (a.step, a.batch, a.state) == (b.step, b.batch, b.state)
    np.testing.assert_array_equal(a.history.losses, b.history.losses)
    np.testing.assert_array_equal(a.history.test_accuracy, b.history.test_accuracy)
    for ours, theirs in zip(a.parameters.arrays, b.parameters.arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimizer", Hyperparameters.RANGES["optimizer"].options)
def test_seven_and_thirteen_steps_are_twenty_bit_for_bit(digits, engine, optimizer):
    settings = Hyperparameters(engine=engine, optimizer=optimizer, **SMALL)
    parts, whole = TrainingRun(digits, settings), TrainingRun(digits, settings)
    assert (parts.advance(7), parts.advance(13), whole.advance(20)) == (7, 13, 20)
    assert_same(parts, whole)


def test_a_run_counts_its_steps_and_ends(digits):
    run = TrainingRun(digits, Hyperparameters(**SMALL))
    assert (run.step, run.batch, run.finished, run.state) == (0, 0, False, "ready")
    run.advance(13)
    assert (run.step, run.batch, run.finished, run.state) == (13, 1, False, "training")
    assert run.advance(1000) == 35
    assert (run.step, run.batch, run.finished, run.state) == (48, 4, True, "finished")
    assert run.advance(1) == 0
    with pytest.raises(ValueError, match="steps"):
        run.advance(-1)


def test_reset_starts_again_from_the_same_weights(digits):
    run = TrainingRun(digits, Hyperparameters(**SMALL))
    run.advance(30)
    course = run.history.losses.copy()
    run.reset()
    assert (run.step, run.state) == (0, "ready")
    assert np.isnan(run.history.losses).all()
    run.advance(30)
    np.testing.assert_array_equal(run.history.losses, course)


def test_a_serial_is_that_of_the_recipe(digits):
    one, same = (TrainingRun(digits, Hyperparameters(**SMALL)) for _ in range(2))
    longer = TrainingRun(digits, Hyperparameters(batches=9, steps_per_batch=12))
    other = TrainingRun(digits, Hyperparameters(seed=1, **SMALL))
    one.advance(5)
    assert one.snapshot.history.serial == one.serial == same.serial == longer.serial != other.serial
    one.reset(keep_initial=False)
    assert one.serial == other.serial


def test_reset_to_other_weights_takes_the_next_seed(digits):
    run = TrainingRun(digits, Hyperparameters(seed=4, **SMALL))
    first = run.initial_parameters.to_vector()
    run.reset(keep_initial=False)
    assert run.hyperparameters.seed == 5
    assert (run.initial_parameters.to_vector() != first).all()
    assert Hyperparameters(seed=2**32 - 1).with_next_seed().seed == 0


def test_history_records_the_end_of_each_batch(digits):
    run = train(digits, Hyperparameters(**SMALL))
    history = run.history
    assert history.test_accuracy[-1] == run.network.accuracy(run.test.pixels, run.test.labels)
    assert history.train_accuracy[-1] == run.network.accuracy(run.train.pixels, run.train.labels)
    assert history.kept_batches.tolist() == [0, 1, 2, 3]
    for kept, now in zip(history.parameters_after(3).arrays, run.parameters.arrays, strict=True):
        assert kept.dtype == np.float32
        np.testing.assert_array_equal(kept, now.astype(np.float32))
    probabilities = run.network.predict_proba(run.test.pixels)
    assert history.test_loss[-1] == pytest.approx(np.square(probabilities - run.test.one_hot).sum() / 180)


def test_the_losses_are_those_of_the_batch_that_is_recorded(digits):
    run = TrainingRun(digits, Hyperparameters(**SMALL))
    run.advance(12)
    before = run.network
    run.advance(1)
    rows = run.history.rows[1]
    loss = np.square(before.predict_proba(run.train.pixels[rows]) - run.train.one_hot[rows]).sum()
    assert run.history.losses[1, 0] == pytest.approx(loss, rel=1e-12)


def test_a_long_run_keeps_its_parameters_evenly_within_8_megabytes(digits):
    settings = Hyperparameters(hidden=(512,), batches=300, batch_size=1, steps_per_batch=1, engine="numpy")
    run = train(digits[:100], settings)
    kept = run.history.kept_batches
    assert 4 * run.parameters.size * (len(kept) - 1) <= CHECKPOINTS_BYTES
    assert kept[-1] == 299
    assert len(set(np.diff(kept)[:-1])) == 1
    assert len(kept) > 25
    with pytest.raises(ValueError, match="no checkpoint"):
        run.history.parameters_after(0)
    assert run.history.parameters_after(299).size == run.parameters.size


def test_parameters_that_the_run_has_not_reached_are_refused_by_name(digits):
    run = TrainingRun(digits, Hyperparameters(**SMALL))
    run.advance(13)
    assert run.history.kept_batches.tolist() == [0]
    for batch in (1, 300):
        with pytest.raises(ValueError, match="has not finished it yet"):
            run.history.parameters_after(batch)


def test_sampling_with_replacement_repeats_and_shuffled_epochs_do_not():
    with_replacement = Hyperparameters(batch_size=100)
    rows = np.concatenate([batch_rows(with_replacement, 1617, batch) for batch in range(17)])
    assert len(np.unique(rows)) < 1200
    shuffled = Hyperparameters(batch_size=100, sampling="shuffled_epochs")
    rows = np.concatenate([batch_rows(shuffled, 1617, batch) for batch in range(34)])
    for epoch in range(2):
        np.testing.assert_array_equal(np.sort(rows[1617 * epoch : 1617 * (epoch + 1)]), np.arange(1617))
    assert (rows[:1617] != rows[1617:3234]).any()


def test_a_batch_may_be_larger_than_an_epoch():
    rows = batch_rows(Hyperparameters(batch_size=50, sampling="shuffled_epochs"), 20, 1)
    assert len(rows) == 50
    assert np.bincount(rows, minlength=20).min() >= 2


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("together", "apart"), [(40, [40]), (40, [1] * 40), (40, [7] * 6)])
def test_a_divergence_names_step_and_quantity_and_keeps_the_last_good_weights(digits, engine, together, apart):
    settings = Hyperparameters(
        engine=engine, activation="identity", hidden=(50, 50, 50), initialization="he", learning_rate=0.1, **SMALL
    )
    run = TrainingRun(digits, settings)
    for steps in apart:
        run.advance(steps)
    assert run.state == "diverged"
    assert run.diverged
    assert not run.finished
    assert run.fault.quantity in {"w1", "w2", "w3", "w4", "logits"}
    assert "learning rate" in str(run.fault)
    assert f"step {run.step}" in str(run.fault)
    recorded = run.history.losses[np.isfinite(run.history.losses)]
    assert len(recorded) == run.step == run.fault.step - 1
    assert np.isfinite(run.parameters.to_vector()).all()
    assert np.isfinite(run.network.predict_proba(run.test.pixels)).all()
    assert run.advance(1) == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_all_zeros_is_stuck_with_every_neuron_dead(digits, engine):
    run = TrainingRun(digits, Hyperparameters(engine=engine, initialization="zeros", **SMALL))
    run.advance(5)
    assert run.state == "stuck"
    assert (run.fault.step, run.fault.dead_neurons) == (1, 1.0)
    assert "exactly zero" in str(run.fault)
    run.advance(100)
    assert run.finished
    assert not run.parameters.to_vector().any()
    assert run.test_accuracy == pytest.approx(0.1, abs=0.02)


def test_relus_that_died_are_reported_as_stuck(digits):
    run = train(digits, Hyperparameters(learning_rate=1e-2, **SMALL))
    assert run.state == "stuck"
    assert run.fault.dead_neurons == 1.0
    assert run.fault.step > 1


def test_dead_neurons_are_not_blamed_for_outputs_that_are_saturated(digits):
    settings = {"learning_rate": 0.1, "gradient": "exact", "engine": "numpy"}
    run = train(digits, Hyperparameters(**SMALL | settings))
    assert run.state == "stuck"
    batch = batch_of(run, 0).pixels
    assert 0 < (~run.network.hidden(batch)[0].any(axis=0)).mean() < 1
    assert set(np.unique(run.network.predict_proba(batch))) == {0.0, 1.0}
    assert "saturated" in str(run.fault)


def test_a_sound_run_has_no_fault(digits):
    run = train(digits, Hyperparameters(**SMALL))
    assert run.fault is None


def test_a_snapshot_does_not_change_when_the_run_goes_on(digits):
    run = TrainingRun(digits, Hyperparameters(**SMALL))
    run.advance(5)
    snapshot = run.snapshot
    weights, accuracy = snapshot.network.parameters.to_vector(), snapshot.test_accuracy
    run.advance(30)
    assert snapshot.step == 5
    np.testing.assert_array_equal(snapshot.network.parameters.to_vector(), weights)
    assert snapshot.test_accuracy == accuracy
    assert run.snapshot.step == 35


def test_train_shows_a_progress_bar_when_asked(digits, capsys):
    train(digits, Hyperparameters(**SMALL))
    assert capsys.readouterr().err == ""
    train(digits, Hyperparameters(**SMALL), progress=True)
    assert "48/48" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_divergence_is_the_same_however_the_steps_are_divided(digits, engine, precision):
    settings = Hyperparameters(
        engine=engine, activation="identity", hidden=(50, 50, 50), initialization="he", learning_rate=1.0,
        precision=precision, **SMALL,
    )  # fmt: skip
    faults = set()
    for at_once in (1, 2, 3, 40):
        run = TrainingRun(digits, settings)
        while not run.diverged:
            run.advance(at_once)
        faults.add(run.fault)
    assert len(faults) == 1
