"""Makes `import aiogram` cheap: its 444 models are built when they are first used, not when they are imported.

aiogram calls `model_rebuild` on every type at import (2 s of CPU, 80 MB), only to tell pydantic what the names in the
annotations mean. This module keeps those names instead, and hands them to pydantic when a model is first validated or
dumped. It must be imported before aiogram, so `bot/__init__.py` imports it.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from pydantic import BaseModel

_names: dict[str, Any] = {}
_eager_rebuild = cast("Any", BaseModel.model_rebuild).__func__


def _lazy_rebuild(cls: type[BaseModel], /, *, _types_namespace: dict[str, Any] | None = None, **options: Any) -> Any:
    if not cls.__module__.startswith("aiogram."):
        # Two levels up instead of pydantic's one: this function stands between.
        depth = options.pop("_parent_namespace_depth", 2) + 1
        return _eager_rebuild(cls, _types_namespace=_types_namespace, _parent_namespace_depth=depth, **options)
    if _types_namespace is not None:
        _names.update(_types_namespace)
        return None
    return _eager_rebuild(cls, _types_namespace=_names, **options)


if "aiogram" not in sys.modules:
    BaseModel.model_rebuild = classmethod(_lazy_rebuild)  # type: ignore[assignment, method-assign]
