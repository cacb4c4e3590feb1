"""How DrizzleDesk starts: command line, opening the window, headless runs, settings."""
