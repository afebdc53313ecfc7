"""The page's modules as one script, because a file cannot import others without a server.

Each module becomes a function that returns what it exports. Of the forms of `import` and `export`
(ECMA-262, 16.2), these are read, each on lines of its own:

    import { a, b as c } from "./dom.js";
    import thing from "./views/trials.js";
    export function f() …    export async function f() …    export class C …    export const x = …
    export default { … }
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_IMPORT = re.compile(
    r'^import\s+(?:\{(?P<names>[^}]*)\}|(?P<default>\w+))\s+from\s+"(?P<path>\.[^"]+)";$',
    re.MULTILINE,
)
_NAMED = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*$|(?<!\{)\bimport\(", re.MULTILINE)  # not `{import(`


class BundleError(Exception):
    """A module has a form of `import` or `export` that is not read, or imports itself."""


def bundle(main: str, read: Callable[[str], str]) -> str:
    """A classic script that runs the module `main` and those that it imports.

    Args:
        main: the path of the first module.
        read: gives the text of a module by its path.

    Raises:
        BundleError: for a module that cannot be bundled.
    """
    modules: dict[str, str] = {}
    _add(main, read, modules, ())
    parts = [f"modules[{path!r}] = (() => {{\n{text}\n}})();" for path, text in modules.items()]
    return '"use strict";\n(() => {\nconst modules = {};\n' + "\n".join(parts) + "\n})();\n"


def _add(
    path: str, read: Callable[[str], str], modules: dict[str, str], above: tuple[str, ...]
) -> None:
    """Add a module after those that it imports."""
    if path in above:
        raise BundleError(f"{path} imports itself through {', '.join(above)}")
    if path in modules:
        return
    text = read(path)
    for found in _IMPORT.finditer(text):
        _add(_resolve(path, found["path"]), read, modules, (*above, path))
    modules[path] = _body(path, text)


def _resolve(path: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))


def _body(path: str, text: str) -> str:
    """The module as the body of a function that returns its exports."""

    def imported(found: re.Match[str]) -> str:
        module = f"modules[{_resolve(path, found['path'])!r}]"
        if found["default"]:
            return f"const {found['default']} = {module}.default;"
        names = " ".join(found["names"].split()).replace(" as ", ": ")
        return f"const {{ {names} }} = {module};"

    names = _NAMED.findall(text)
    body = _DEFAULT.sub("const exported = ", _NAMED.sub("", _IMPORT.sub(imported, text)))
    if other := _OTHER.search(body):
        raise BundleError(f"{path}: this form is not read: {other[0]!r}")
    if _DEFAULT.search(text):
        names.append("default: exported")
    return f"{body}\nreturn {{ {', '.join(names)} }};"
