"""Exposures and products on disk: FITS, data quality, units, WCS, catalogs, safe writing."""

from core.data.files import find_files, find_maps, find_product

__all__ = ["find_files", "find_maps", "find_product"]
