"""The time that is left follows what jobs really took."""

from __future__ import annotations

from sertain.lab.reproduce.clock import Clock


class Hand:
    """A clock's hand that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_guess_is_shared_by_the_workers() -> None:
    clock = Clock(2, Hand())
    clock.add(("run", "a"), 10.0, 4)
    assert (clock.left_s, clock.share) == (20.0, 0.0)


def test_what_was_measured_replaces_the_guess_and_scales_those_of_the_same_sort() -> None:
    hand = Hand()
    clock = Clock(1, hand)
    clock.add(("run", "a"), 10.0, 3)
    clock.add(("run", "b"), 100.0)
    clock.add(("figures", "a"), 5.0)
    clock.begin(("run", "a"))
    hand.now = 20.0
    clock.end(("run", "a"))
    assert clock.left_s == 2 * 20.0 + 200.0 + 5.0
    assert clock.share == 20.0 / 265.0


def test_a_job_under_way_counts_with_what_is_left_of_it_and_never_less_than_nothing() -> None:
    hand = Hand()
    clock = Clock(2, hand)
    clock.add(("run", "a"), 30.0, 1)
    clock.begin(("run", "a"))
    hand.now = 10.0
    assert clock.left_s == 20.0  # a second worker does not make one run faster
    hand.now = 50.0
    assert clock.left_s == 0.0


def test_a_failed_job_teaches_nothing() -> None:
    hand = Hand()
    clock = Clock(1, hand)
    clock.add(("run", "a"), 30.0, 2)
    clock.begin(("run", "a"))
    hand.now = 1.0
    clock.end(("run", "a"), counts=False)
    assert clock.left_s == 30.0
