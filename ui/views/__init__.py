"""Views: the pictures and plots that the window shows; they read no files and compute nothing in the GUI thread."""
