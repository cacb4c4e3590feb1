"""The settings recorded for the demonstration do align it, with every noise estimate and tweakreg's defaults."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.align.session import AlignSettings, tweakreg
from core.simulate import Scene, Truth, alignment_error


@pytest.mark.parametrize("noise", ["handbook", "drizzlepac", "robust"])
def test_the_demonstration_aligns_with_defaults(small: Truth, tmp_path: Path, noise: str) -> None:
    """A hundred stars of 0.02 pixel each cannot do better than about 0.1 mas; half a mas is 0.013 pixel."""
    files = [Path(shutil.copy(path, tmp_path)) for path in small.files]
    defaults = AlignSettings.defaults()
    settings = AlignSettings(
        defaults.tweakreg.replaced(updatehdr=True),
        defaults.imagefind.replaced(noise=noise, **Scene().find_settings(noise)),
        defaults.refimagefind,
    )
    alignment = tweakreg(files, settings, folder=tmp_path)
    assert [str(image.status) for image in alignment.images] == ["REFERENCE", "ALIGNED", "ALIGNED"]
    assert all(150 < sum(len(c) for c in image.catalogs) < 600 for image in alignment.images)
    assert max(alignment_error(small, files, files[0]).values()) < 0.5
