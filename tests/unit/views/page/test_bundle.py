"""The page's modules as one script."""

import pytest

from controller.views.page.bundle import BundleError, bundle
from controller.views.page.html import MAIN, static


def bundled(**modules: str) -> str:
    return bundle("main.js", lambda path: modules[path.removesuffix(".js").replace("/", "_")])


def test_a_module_comes_after_those_that_it_imports_and_once() -> None:
    text = bundled(
        main='import { a } from "./a.js";\nimport view from "./views/b.js";\na(view);',
        a='import { c as d } from "./c.js";\nexport const a = d;',
        views_b='import {\n  c,\n} from "../c.js";\nexport default {\n  c,\n};',
        c="export async function c() {}",
    )
    places = [text.index(f"modules['{path}'] =") for path in ("c.js", "a.js", "views/b.js")]
    assert places == sorted(places)
    assert text.count("async function c()") == 1
    assert "const { c: d } = modules['c.js'];" in text
    assert "const view = modules['views/b.js'].default;" in text
    assert "return { default: exported };" in text


@pytest.mark.parametrize(
    "form",
    [
        'import * as all from "./c.js";',
        'import "./c.js";',
        "export { a };",
        'const a = await import("./c.js");',
    ],
)
def test_a_form_that_is_not_read_is_refused(form: str) -> None:
    with pytest.raises(BundleError, match=r"main\.js: this form is not read"):
        bundled(main=form, c="")


def test_modules_in_a_circle_are_refused() -> None:
    with pytest.raises(BundleError, match=r"main\.js imports itself through main\.js, a\.js"):
        bundled(main='import a from "./a.js";', a='import b from "./main.js";')


def test_every_module_of_the_page_is_read() -> None:
    text = bundle(MAIN, static)
    assert "modules['views/trials.js'] =" in text
    assert "</script" not in text
