"""Where the days come from: one file for each source."""
