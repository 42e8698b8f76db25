"""Who translates: one file for each kind of engine."""
