"""A scene says what can be simulated, and refuses the rest."""

from __future__ import annotations

import pytest

from core.errors import Refusal
from core.simulate import Scene


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", "huge"), ("n_exposures", 0), ("exptime", 0.0), ("density", -1.0), ("seed", -1), ("rolls", ())],
)
def test_impossible_scenes_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(Refusal) as caught:
        Scene(**{name: value})
    assert caught.value.subject == name


def test_exposures_are_those_of_the_handbook_then_more() -> None:
    scene = Scene(n_exposures=5)
    roots = [scene.root(k) for k in range(5)]
    assert roots[:3] == ["ibc301qrq", "ibc304v3q", "ibc307qyq"]
    assert len(set(roots)) == 5
    assert {len(root) for root in roots} == {9}
    assert [scene.roll(k) for k in range(5)] == [105.0, 200.0, 280.0, 105.0, 200.0]
    assert sorted(scene.expstart(k) for k in range(3)) == [scene.expstart(k) for k in range(3)]


def test_streams_differ_by_purpose_and_seed_only() -> None:
    draws = {Scene(seed=s).stream(*key).integers(1 << 60) for s in (1, 2) for key in [(1,), (2,), (1, 1)]}
    assert len(draws) == 6
    assert Scene(seed=1).stream(3, 1).normal() == Scene(seed=1, exptime=500.0).stream(3, 1).normal()


def test_find_settings_know_every_noise_estimate() -> None:
    settings = {noise: Scene().find_settings(noise) for noise in ("handbook", "drizzlepac", "robust")}
    assert all(set(values) == {"threshold", "peakmax"} for values in settings.values())
    with pytest.raises(Refusal):
        Scene().find_settings("guess")
