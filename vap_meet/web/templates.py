"""Templates with what never changes compiled into them.

A page asks for a hundred texts and addresses, nearly all by a literal key. Jinja would look each up and
escape it at every rendering; here that is done once, when the template is compiled, and what stands between
two changing things becomes one string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, TemplateAssertionError, nodes
from jinja2.visitor import NodeTransformer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping


class Templates(Environment):
    """An environment with `standing` functions: the same key always has the same answer.

    They are globals as well, for keys that are only known at rendering and for texts with placeholders. A
    template that gives one of their names another meaning is refused.
    """

    def __init__(self, *, standing: Mapping[str, Callable[..., str]], **options: Any) -> None:
        super().__init__(**options)
        self.globals.update(standing)
        self._standing = standing

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template; ours, a plain mapping, for one that has none of its own.

        Jinja lays an empty one over them. Each import and each include looks through both, name by name.
        """
        return super().make_globals(d) if d else self.globals

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, *args: Any, **options: Any
    ) -> str:
        """Answer what can be answered now; Jinja's documented hook between parsing and compiling."""
        answered = _Answering(self._standing, name, filename).visit(source)
        return super()._generate(answered, name, filename, *args, **options)


class _Answering(NodeTransformer):
    """Puts the answer in the place of each call with one literal key."""

    def __init__(
        self, standing: Mapping[str, Callable[..., str]], name: str | None, filename: str | None
    ) -> None:
        self._standing = standing
        self._where = name, filename

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802 - Jinja's name
        if node.name in self._standing and node.ctx != "load":
            raise TemplateAssertionError(f"{node.name} has its meaning already", node.lineno, *self._where)
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        match node:
            case nodes.Call(
                node=nodes.Name(name=name),
                args=[nodes.Const(value=key)],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ) if name in self._standing:
                return nodes.Const(self._standing[name](key), lineno=node.lineno)
        return self.generic_visit(node)
