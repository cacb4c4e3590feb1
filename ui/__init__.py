"""Qt and pyqtgraph: window, parameter panels, views, the bridge to the worker thread."""
