"""What an issue is rendered to: one file for each form."""
