"""One file for the whole state of the window: exposures, all four sets, what was aligned and drizzled, the views.

`writing.write_session` and `reading.read_session` are the way in; nothing is imported here, for the window wants to
know the name of its files before it has loaded the engine.
"""
