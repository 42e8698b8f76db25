"""ribao 日报: the daily newsletter of new AI papers."""

__version__ = "0.1.0"
