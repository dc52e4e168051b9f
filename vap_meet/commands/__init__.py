"""The commands, a module for each noun; `vap_meet.__main__` imports the one that is asked for."""


class CommandFailed(Exception):  # noqa: N818 - says what happened
    """A command could not do its work; the sentence says why and what to do."""
