"""Scalars stay text, allowed YAML is read as any YAML reader would, and nothing makes the reader raise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from gatefleet.source.characters import refused
from gatefleet.source.strict_yaml import MAX_BYTES, MAX_DEPTH, read_yaml

ROOT = Path(__file__).parents[3]


def read(text: str | bytes) -> Any:
    data, problems = read_yaml("a.yaml", text if isinstance(text, bytes) else text.encode())
    assert problems == []
    return data


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "on", "off", "null", "~", "012", "0x1f", "1:30", "1e3", ".inf", "2026-10-01", "true", "1_000", "="],
)
def test_a_scalar_stays_the_text_that_was_written(word: str) -> None:
    assert read(f"a: {word}\nb: [{word}]\n") == {"a": word, "b": [word]}


def test_an_empty_value_is_empty_text() -> None:
    assert read("a:\nb: ''\n") == {"a": "", "b": ""}


def test_line_ends_of_windows_an_explicit_beginning_and_an_explicit_end_are_allowed() -> None:
    assert read("---\r\na: b\r\n...\r\n") == {"a": "b"}


def test_letters_of_any_language_and_plain_emoji_are_allowed() -> None:
    assert read("a: Überweisung für 東京 ελληνικά 🚀\n") == {"a": "Überweisung für 東京 ελληνικά 🚀"}


def test_signs_that_begin_markup_elsewhere_are_allowed_within_text() -> None:
    assert read('a: R&D * 2 < 3 100% !\nb: "*"\nc: "a\\nb"\n') == {"a": "R&D * 2 < 3 100% !", "b": "*", "c": "a\nb"}


def test_quoted_merge_signs_are_text() -> None:
    assert read("a: '<<'\n") == {"a": "<<"}


def test_as_deep_as_allowed_is_read() -> None:
    text = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert read(text) != {}
    assert read_yaml("a.yaml", text.replace("[]", "[[]]").encode())[1][0].code == "GF009"
    assert read_yaml("a.yaml", text.replace("[]", "[{}]").encode())[1][0].code == "GF009"


def test_as_large_as_allowed_is_read() -> None:
    text = b"a: b\n#" + b"x" * (MAX_BYTES - 6)
    assert read(text) == {"a": "b"}
    assert read_yaml("a.yaml", text + b"x")[1][0].code == "GF002"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "policies").rglob("*.yaml")) + sorted((ROOT / "teams").rglob("*.yaml")), ids=str
)
def test_the_example_reads_as_yaml_without_implicit_types_reads_it(path: Path) -> None:
    content = path.read_bytes()
    assert read(content) == yaml.load(content, yaml.CBaseLoader)


_TEXT = st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda text: not refused(text) and "\r" not in text)
_TREES = st.recursive(
    _TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=20
)


@given(
    st.dictionaries(_TEXT, _TREES, max_size=5), st.sampled_from(["'", '"', None]), st.sampled_from([True, False, None])
)
def test_what_another_library_writes_is_read_back(tree: dict[str, Any], style: str | None, flow: bool | None) -> None:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    written = yaml.dump(tree, Dumper=Plain, default_style=style, default_flow_style=flow, allow_unicode=True)
    data, problems = read_yaml("a.yaml", written.encode())
    # With non-specific or explicit tags the text is refused; otherwise it means the same to both.
    assert data == tree or {one.code for one in problems} <= {"GF007"}


_PIECES = st.sampled_from(
    [
        *"{}[],-#|>'\"\\@`\t\n",
        "a",
        "b: ",
        "  ",
        "- ",
        ": ",
        "? ",
        "&a ",
        "*a",
        "!!str ",
        "!",
        "<<: ",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
    ]
    + ["\\u202e", "\u202e", "\x00", "\ufeff", "é", "<<<<<<< a\n"]
)


@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=40).map(lambda parts: "".join(parts).encode())))
@example(b"\xff\xfe")
@example(b"&a [*a]")
@example(b'"\\ud800": a')
def test_no_content_makes_the_reader_raise_and_what_it_refuses_has_problems(content: bytes) -> None:
    data, problems = read_yaml("a.yaml", content)
    assert (data is None) == bool(problems)
    if data is not None:
        assert data == yaml.load(content, yaml.CBaseLoader)
    for problem in problems:
        assert problem.code.startswith("GF0")
        assert str(problem).isprintable()
