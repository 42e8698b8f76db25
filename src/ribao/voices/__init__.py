"""Who speaks: one module for each engine."""
