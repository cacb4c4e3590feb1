"""Every parameter of the four tasks, declared once; TEAL .cfg files in and out; checking."""
