"""Icons, style, help pages, instrument tables: data, no logic."""
