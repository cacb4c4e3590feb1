"""tweakreg: find, offset, match, fit, update."""
