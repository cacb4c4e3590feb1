"""Parameter forms, built from the declarations in core.params: nothing here knows a parameter by name."""
