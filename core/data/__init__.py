"""Exposures and products on disk: FITS, data quality, units, WCS, catalogs, safe writing."""
