"""Where an edition goes: one file for each channel."""
