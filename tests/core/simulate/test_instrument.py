"""The geometry of WFC3/UVIS against what real headers and the Handbook say."""

from __future__ import annotations

import numpy as np
import pytest

from core.simulate.instrument import FULL, SMALL, nominal_wcs, wfc3_uvis
from core.simulate.scene import ROLLS, TARGET
from core.simulate.sphere import directions, separation_mas

# Handbook example 7.1, table 7.2: CRVAL of [sci,1] of the three exposures
HANDBOOK = [
    (201.6821267139, -47.46661075341),
    (201.7121069398, -47.47292818852),
    (201.7051092234, -47.49082103744),
]


@pytest.mark.parametrize(("roll", "crval"), list(zip(ROLLS, HANDBOOK, strict=True)))
def test_crvals_of_the_handbook_come_out(roll: float, crval: tuple[float, float]) -> None:
    wcs = nominal_wcs(wfc3_uvis().chips[0], TARGET, roll, FULL)
    assert separation_mas(directions(*wcs.crval), directions(*crval)) < 2.0


def test_a_cut_sees_the_same_sky_as_the_whole_chip() -> None:
    for chip, corner in zip(wfc3_uvis().chips, [(1536, 1539), (1536, 0)], strict=True):
        whole, cut = nominal_wcs(chip, TARGET, 105.0, FULL), nominal_wcs(chip, TARGET, 105.0, SMALL)
        x, y = np.array([0.0, 500.3, 1023.0]), np.array([511.0, 77.7, 0.0])
        np.testing.assert_allclose(
            cut.pix_to_sky(x, y), whole.pix_to_sky(x + corner[0], y + corner[1]), rtol=0, atol=1e-12
        )


def test_chips_lie_above_each_other_with_the_real_gap() -> None:
    """Chip 1 is above chip 2; their edges are 1.2 to 1.5 arcsec apart (31 to 35 pixels)."""
    below, above = (nominal_wcs(chip, TARGET, 105.0, FULL) for chip in wfc3_uvis().chips)
    top = directions(*below.pix_to_sky(2047.5, FULL[1] - 0.5))
    bottom = directions(*above.pix_to_sky(2047.5, -0.5))
    assert 1150.0 < separation_mas(top, bottom) < 1500.0
    _, y = below.sky_to_pix(*above.pix_to_sky(2047.5, 0.0))
    assert y > FULL[1]


def test_distortion_is_of_the_published_size() -> None:
    """SIP moves up to about 19 pixels, each table about 0.06."""
    wcs = nominal_wcs(wfc3_uvis().chips[0], TARGET, 105.0, FULL)
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 4095, 30), np.linspace(0, 2050, 20)))
    straight = directions(*wcs.linear().pix_to_sky(x, y))
    bent = separation_mas(directions(*wcs.pix_to_sky(x, y)), straight) / 39.62
    assert 15.0 < bent.max() < 25.0
    tables = [table.values for table in (*wcs.npol, *wcs.d2im) if table is not None]
    assert len(tables) == 4
    assert all(values.shape == (32, 64) and 0.025 < np.abs(values).max() < 0.07 for values in tables)
