"""Shows the signature of attrs classes whose docstring has `Args`, because users create such objects themselves.

griffe, which reads the sources, only supports dataclasses.
"""

from __future__ import annotations

from typing import Any

import griffe


class AttrsSignatures(griffe.Extension):
    """Gives these classes the `__init__` that attrs generates."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Called with each class once its members are known."""
        made_by_attrs = [one for one in cls.decorators if one.callable_path in ("attrs.frozen", "attrs.define")]
        if not made_by_attrs or cls.docstring is None or "\nArgs:" not in cls.docstring.value:
            return
        only_by_name = "kw_only=True" in str(made_by_attrs[0].value)
        kind = griffe.ParameterKind.keyword_only if only_by_name else griffe.ParameterKind.positional_or_keyword
        fields = [
            one
            for one in cls.attributes.values()
            if one.annotation and "property" not in one.labels and not str(one.annotation).startswith("ClassVar")
        ]
        cls.set_member(
            "__init__",
            griffe.Function(
                "__init__",
                parent=cls,
                lineno=0,
                endlineno=0,
                parameters=griffe.Parameters(
                    griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword),
                    *(
                        griffe.Parameter(one.name, annotation=one.annotation, kind=kind, default=_default_of(one))
                        for one in fields
                    ),
                ),
                returns="None",
            ),
        )


def _default_of(field: griffe.Attribute) -> str | griffe.Expr | None:
    value = field.value
    if not isinstance(value, griffe.ExprCall) or str(value.function) != "field":
        return value
    return next(
        (one.value for one in value.arguments if isinstance(one, griffe.ExprKeyword) and one.name == "default"),
        None,
    )
