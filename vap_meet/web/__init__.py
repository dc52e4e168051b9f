"""aiohttp doors: they parse, call one use case, and answer."""
