"""The recorded sample day: 2026-01-12's facts with texts of our own."""
