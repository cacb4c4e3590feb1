"""Catalogs that people bring: every format, column, unit and limit; what cannot be read is named with its place."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.table import MaskedColumn, Table

from core.data.catalogs import Columns, read_catalog
from core.data.tables import read_table
from core.errors import Refusal

RA, DEC, MAG = [150.1, 150.2, 150.3, 150.4], [20.0, -0.5, 20.2, 20.3], [21.0, 18.0, 19.0, 20.0]
SKY = Columns(x="ra", y="dec", flux="mag", units="degrees", flux_units="mag")


def table() -> Table:
    return Table({"ra": RA, "dec": DEC, "mag": MAG})


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.txt", {"format": "ascii.commented_header"}),
        ("a.dat", {"format": "ascii.basic"}),
        ("a.csv", {"format": "ascii.csv"}),
        ("a.tsv", {"format": "ascii.tab"}),
        ("a.ecsv", {"format": "ascii.ecsv"}),
        ("a.fits", {"format": "fits"}),
        ("a.xml", {"format": "votable"}),
        ("b.xml", {"format": "votable", "tabledata_format": "binary2"}),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_format_is_told_by_the_content(
    tmp_path: Path, name: str, options: dict[str, str], packed: bool
) -> None:
    path = tmp_path / name
    table().write(path, **options)
    if packed:
        path = tmp_path / "table"
        path.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    for columns in (SKY, Columns(x="1", y="DEC", flux="3", units="degrees", flux_units="mag")):
        found = read_catalog(path, columns)
        assert found.x.tolist() == RA
        assert found.y.tolist() == DEC
        assert found.flux.tolist() == MAG
        assert found.row.tolist() == [1, 2, 3, 4]


def test_headers_of_finders_name_the_columns(tmp_path: Path) -> None:
    coo = "# Source catalog derived for x.fits\n# Columns:\n#    X      Y         Flux       ID\n"
    coo += "#   (pixels)   (pixels)\n"
    ours = write(tmp_path / "a.coo", coo + "10.5  20.25  300.0  0  \n11.5  21.25  200.0  1  \n")
    assert read_catalog(ours, Columns(x="x", y="Y", flux="flux")).y.tolist() == [20.25, 21.25]
    sextractor = "#   1 NUMBER  Running object number\n#   2 X_IMAGE  Position [pixel]\n#   3 Y_IMAGE\n"
    other = write(tmp_path / "a.cat", sextractor + "  1  10.5  20.25\n  2  11.5  21.25\n")
    assert read_catalog(other, Columns(x="X_IMAGE", y="y_image")).x.tolist() == [10.5, 11.5]
    vizier = "#RESOURCE=x\nRA_ICRS\tDE_ICRS\tGmag\ndeg\tdeg\tmag\n-------\t-----\t----\n"
    vizier += "150.1\t20.0\t\n150.2\t20.1\t18.5\n"
    found = read_catalog(
        write(tmp_path / "v.tsv", vizier), Columns("RA_ICRS", "DE_ICRS", "Gmag", units="degrees")
    )
    assert found.x.tolist() == [150.1, 150.2]
    assert np.isnan(found.flux[0])


def test_sexagesimal_columns_apart_and_together(tmp_path: Path) -> None:
    apart = write(tmp_path / "a.txt", "10 00 24.0 -00 30 00.0\n10 00 48 +20 12 36\n")
    found = read_catalog(apart, Columns(x="1,2,3", y="4, 5, 6", units="degrees"))
    assert found.x == pytest.approx([150.1, 150.2], abs=1e-12)
    assert found.y == pytest.approx([-0.5, 20.21], abs=1e-12)
    together = write(tmp_path / "b.txt", "name,ra,dec\na,10:00:24.0,-00:30:00\nb,10h00m48s,+20d12m36s\nc,,\n")
    found = read_catalog(together, Columns(x="ra", y="dec", units="degrees"))
    assert found.x == pytest.approx([150.1, 150.2], abs=1e-12)
    assert found.y == pytest.approx([-0.5, 20.21], abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({}, [1, 2, 3, 4]),
        ({"bright": 19.0}, [1, 3, 4]),
        ({"faint": 20.0}, [2, 3, 4]),
        ({"bright": 19.0, "faint": 20.0}, [3, 4]),
        ({"brightest": 2}, [2, 3]),  # drizzlepac ignores this without a limit
        ({"brightest": 2, "bright": 19.0}, [3, 4]),
        ({"flux_units": "counts", "brightest": 2}, [1, 4]),
        ({"flux_units": "counts", "bright": 20.0, "faint": 19.0}, [3, 4]),
    ],
)
def test_limits_and_the_brightest(tmp_path: Path, changes: dict[str, object], rows: list[int]) -> None:
    path = tmp_path / "a.txt"
    table().write(path, format="ascii.commented_header")
    values = {"x": "ra", "y": "dec", "flux": "mag", "units": "degrees", "flux_units": "mag", **changes}
    assert read_catalog(path, Columns(**values)).row.tolist() == rows


@pytest.mark.parametrize(("unit", "size"), [("deg", 1.0), ("rad", np.pi / 180.0), ("hourangle", 1 / 15.0)])
def test_a_unit_of_the_column_is_believed(tmp_path: Path, unit: str, size: float) -> None:
    made = Table({"ra": np.array([150.0, 151.0]) * size, "dec": [2.0, 3.0]}, units={"ra": unit})
    made.write(tmp_path / "t.ecsv")
    read = read_catalog(tmp_path / "t.ecsv", Columns("ra", "dec", units="degrees"))
    assert read.x == pytest.approx([150.0, 151.0])


def test_missing_values_are_left_out(tmp_path: Path) -> None:
    made = table()
    made["ra"] = MaskedColumn(RA, mask=[True, False, False, False])
    made["mag"] = MaskedColumn(MAG, mask=[False, True, False, False])
    for name, form in (("a.ecsv", "ascii.ecsv"), ("a.fits", "fits"), ("a.xml", "votable")):
        made.write(tmp_path / name, format=form)
        assert read_catalog(tmp_path / name, SKY).row.tolist() == [2, 3, 4]
        limited = Columns("ra", "dec", "mag", "degrees", "mag", brightest=3)
        assert read_catalog(tmp_path / name, limited).row.tolist() == [3, 4]
    words = write(tmp_path / "a.txt", "# ra dec mag\n150.1 20.0 INDEF\nnan 20.1 18\n150.3 20.2 19\n")
    assert read_catalog(words, SKY).row.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("text", "columns", "subject", "says"),
    [
        ("1 2 3\n4 5\n", Columns(), "catfile", "Line 2 has 2 columns, line 1 has 3"),
        ("# x y\n1 2\n\n3 here\n", Columns(), "ycol", "line 4, 'here' is not a number"),
        ("1 2\n", Columns(x="9"), "xcol", "no column '9'"),
        ("1 2\n", Columns(y="dec"), "ycol", "no column 'dec'; it has 2: col1, col2"),
        ("1 2\n", Columns(brightest=3), "fluxcol", "nbright needs"),
        ("1 2 3\n", Columns(flux="3", faint=10.0), "minflux", "None of the 1"),
        ("1 2\n", Columns(x="1,2"), "xcol", "one column"),
        ("1 95\n", Columns(units="degrees"), "ycol", "line 1 RA, Dec = 1, 95"),
        ("", Columns(), "catfile", "empty"),
        ("# only a comment\n", Columns(), "catfile", "no rows"),
    ],
)
def test_refusals_name_file_column_and_row(
    tmp_path: Path, text: str, columns: Columns, subject: str, says: str
) -> None:
    path = write(tmp_path / "bad.txt", text)
    with pytest.raises(Refusal) as caught:
        read_catalog(path, columns, "catfile")
    assert caught.value.subject == subject
    assert says in caught.value.what
    assert caught.value.file == str(path)


@pytest.mark.parametrize("name", ["gone.cat", "noise.cat", "cut.gz", "bad.fits", "bad.xml", "away.xml"])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "noise.cat").write_bytes(np.random.default_rng(1).integers(128, 255, 900, np.uint8).tobytes())
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"1 2\n" * 999)[:20])
    (tmp_path / "bad.fits").write_bytes(b"SIMPLE  =                    T" + b" " * 90)
    (tmp_path / "bad.xml").write_text("<?xml version='1.0'?><VOTABLE><RESOURCE>")
    stream = "<?xml version='1.0'?><VOTABLE><RESOURCE><TABLE><DATA><BINARY><STREAM href='http://a.b/c'/>"
    (tmp_path / "away.xml").write_text(stream)
    with pytest.raises(Refusal) as caught:
        read_table(tmp_path / name, "refcat")
    assert caught.value.file.endswith(name)


def test_motions_are_known_by_their_names(tmp_path: Path) -> None:
    made = table()
    made["pmRA"] = MaskedColumn([5.0, -3.0, 0.0, 1.0], unit=units.mas / units.yr, mask=[0, 0, 1, 0])
    made["pmDE"] = [0.001, 0.002, 0.003, 0.004] * units.arcsec / units.yr
    made["ref_epoch"] = 2016.0
    made.write(tmp_path / "a.ecsv", format="ascii.ecsv")
    found = read_catalog(tmp_path / "a.ecsv", SKY).motions
    assert found is not None
    assert found.ra.tolist() == [5.0, -3.0, 0.0, 1.0]
    assert found.dec == pytest.approx([1.0, 2.0, 0.0, 4.0])  # one component alone is no motion
    assert found.epoch[[0, 1, 3]].tolist() == [2016.0] * 3
    del made["ref_epoch"]
    made.write(tmp_path / "b.ecsv", format="ascii.ecsv")
    without = read_catalog(tmp_path / "b.ecsv", SKY)
    assert without.motions is None
    assert "no epoch" in without.note
    made.meta["REF_EPOCH"] = 2015.5
    made.write(tmp_path / "c.ecsv", format="ascii.ecsv")
    told = read_catalog(tmp_path / "c.ecsv", SKY).motions
    assert told is not None
    assert told.epoch[0] == 2015.5
