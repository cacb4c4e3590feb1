"""What the window does: each controller captures state in the GUI thread, has it computed, and shows the answer."""
