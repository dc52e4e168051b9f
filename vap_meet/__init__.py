"""VAP Meet: virtual appointments for a city's services."""

__version__ = "0.1.0"
