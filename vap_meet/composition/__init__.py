"""The composition, a module a room: each makes its parts, puts them where doors look, names what runs."""
