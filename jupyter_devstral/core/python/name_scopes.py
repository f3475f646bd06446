"""The names that a syntax tree binds and reads at module level, by Python's scoping rules.

Based on `ast` alone: `symtable` knows scopes but not order, and rejects cells with a top-level `await`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_EMPTY = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Constant)


def read_names(tree: ast.AST) -> tuple[set[str], set[str], set[str]]:
    """The triple (names left bound, names read before the tree binds them, names bound only in inner scopes).

    A read inside a function body counts as satisfied by a binding anywhere in the tree: the body runs later.
    """
    scope = _Scope()
    scope.visit(tree)
    bound = scope.bound | scope.bound_globally
    return bound, scope.read | (scope.read_later - bound), scope.bound_within - bound


class _Scope(ast.NodeVisitor):
    """A visitor of one scope, in the order of evaluation."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.read: set[str] = set()
        self.read_later: set[str] = set()
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()
        self.bound_globally: set[str] = set()
        self.bound_within: set[str] = set()

    def bind(self, name: str | None) -> None:
        """Record that the scope binds `name`; None binds nothing."""
        if name:
            self.bound.add(name)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit the nodes in order, skipping None."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        # Half of all nodes are `Load()`, operators and constants; this walk is half of a cold prompt.
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST) and not isinstance(item, _EMPTY):
                        self.visit(item)
            elif isinstance(value, ast.AST) and not isinstance(value, _EMPTY):
                self.visit(value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.read.add(node.id)
        if isinstance(node.ctx, ast.Del):
            self.bound.discard(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        self.visit_all(node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.read.add(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        self.visit_all([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(alias.asname or alias.name.split(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all([node.type])
        self.bind(node.name)
        self.visit_all(node.body)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.visit_all([node.pattern])
        self.bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self.bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        self.bind(node.rest)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared_global.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.declared_nonlocal.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all(node.decorator_list)
        self._enter_function(node)
        self.bound.add(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._enter_function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        body = _Scope()
        body.visit_all(node.body)
        self.read |= body.read - self.bound
        self.read_later |= body.read_later
        self.bound_globally |= body.bound_globally
        self.bound_within |= body.bound | body.bound_within
        self.bound.add(node.name)

    def visit_ListComp(self, node: _Comprehension) -> None:
        """Visit a comprehension in its own scope. A walrus in it binds in this one (PEP 572)."""
        self.visit(node.generators[0].iter)
        inner = _Scope()
        for position, generator in enumerate(node.generators):
            if position:
                inner.visit(generator.iter)
            inner.visit(generator.target)
            inner.visit_all(generator.ifs)
        inner.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.read |= inner.read - self.bound
        self.read_later |= inner.read_later - inner.bound
        self.bound_globally |= inner.bound_globally
        self.bound_within |= inner.bound | inner.bound_within
        self.bound |= {found.target.id for found in ast.walk(node) if isinstance(found, ast.NamedExpr)}

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def _enter_function(self, node: _Function) -> None:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every = [*positional, *(extra for extra in (arguments.vararg, arguments.kwarg) if extra)]
        self.visit_all([*arguments.defaults, *arguments.kw_defaults, *(each.annotation for each in every)])
        if not isinstance(node, ast.Lambda):
            self.visit_all([node.returns])
        body = _Scope()
        body.bound |= {each.arg for each in every}
        body.visit_all(node.body if isinstance(node.body, list) else [node.body])
        # A name that a function binds is local in all of it, unless declared global or nonlocal.
        local = body.bound - body.declared_global - body.declared_nonlocal
        self.read_later |= (body.read | body.read_later) - local
        self.bound_globally |= body.bound_globally | (body.bound & body.declared_global)
        self.bound_within |= local | body.bound_within
