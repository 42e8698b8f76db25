"""Sound: heard, mixed and written."""
