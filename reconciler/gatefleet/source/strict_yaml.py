"""Reads one YAML file so that there is one way to understand it, and its reviewer has seen all of it.

PyYAML's C composer does the parsing; no resolver runs, so that every scalar stays the text that was written (`no` stays
`no`, `012` keeps its zero). Refused: anything but UTF-8, files above 1 MiB, nesting deeper than 32, duplicate names,
anchors, aliases, merge keys, tags, directives, further documents, and characters that cannot be seen (also when written
as an escape).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode
from yaml._yaml import CParser

from gatefleet.problems import Place, Problem
from gatefleet.source.characters import refused, spell

MAX_BYTES = 1 << 20
MAX_DEPTH = 32  # lists and mappings around a value
_MOST_PROBLEMS = 20  # of one kind in one file; nobody reads the two-thousandth

# Bytes that need no second look. Left out: control bytes, everything above ASCII, and what an anchor, alias, tag,
# directive, merge key or escape begins with; a file with any of those is walked once more, event by event.
_PLAIN = bytes(b for b in range(0x20, 0x7F) if b not in b"&*!%<\\") + b"\n\t"
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)


def read_yaml(path: str, content: bytes) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Read one file into dicts, lists and text; the path is for the problems. Never raises on any content.

    Returns the outermost mapping, or None and at least one problem.
    """
    if len(content) > MAX_BYTES:
        return None, [too_large(path, len(content))]
    unusual = content.translate(None, _PLAIN)
    if unusual:
        found = _unusual_problems(path, content, unusual)
        if found:
            return None, found
    try:
        root = compose(content)
        data = None if root is None else _plain(root)
    except yaml.YAMLError as error:
        return None, [_syntax_problem(path, error)]
    except TooDeepError as error:
        return None, [_too_deep(path, error)]
    except _IrregularError:
        return None, _irregular_problems(path, compose(content))
    if not isinstance(data, dict):
        return None, [_not_a_mapping(path, root)]
    return data, []


def compose(content: bytes) -> Node | None:
    """The node tree of a file, with marks; None when it holds nothing. Raises `yaml.YAMLError` and `TooDeepError`."""
    node: Node | None = _Composer(content).get_single_node()
    return node


def too_large(path: str, size: int) -> Problem:
    """The problem of a file of that many bytes."""
    return Problem("GF002", Place(path), f"{size} bytes, more than {MAX_BYTES}", fix="split the file")


class TooDeepError(Exception):
    """Nesting deeper than MAX_DEPTH, right below the node given."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class _Composer(CParser):
    """The C composer without implicit types. It recurses, so it must know how deep it is.

    It calls `descend_resolver(parent, index)` before each node and `ascend_resolver()` after it. Two methods of a dict
    keep the open parents in order, in C; written in Python they would cost a tenth of all reading.
    """

    def __init__(self, content: bytes) -> None:
        CParser.__init__(self, content)
        self._open: dict[Any, Any] = {}
        self.descend_resolver = self._open.setdefault
        self.ascend_resolver = self._open.popitem

    def resolve(self, kind: type[Node], _value: Any, _implicit: Any) -> None:
        if kind is not ScalarNode and len(self._open) > MAX_DEPTH:
            raise TooDeepError(next(reversed(self._open)))


class _IrregularError(Exception):
    """A mapping with a duplicate name, or one that is no text."""


def _plain(node: Node) -> Any:
    value = node.value
    if type(node) is ScalarNode:
        return value
    if type(node) is not MappingNode:
        return [item.value if type(item) is ScalarNode else _plain(item) for item in value]
    try:
        members = {name.value: item.value if type(item) is ScalarNode else _plain(item) for name, item in value}
    except TypeError:  # a list or mapping as a name cannot be hashed
        raise _IrregularError from None
    if len(members) != len(value):
        raise _IrregularError
    return members


# --- problems ---------------------------------------------------------------------------------------------------------


def _irregular_problems(path: str, root: Node | None) -> list[Problem]:
    problems = []
    for mapping in _mappings(root):
        first: dict[str, Any] = {}
        for name, _ in mapping.value:
            if type(name) is not ScalarNode:
                problems.append(
                    Problem("GF010", _place(path, name.start_mark), "a list or mapping stands where a name belongs")
                )
            elif name.value in first:
                line = first[name.value].start_mark.line + 1
                what = f"`{shown(name.value)}` stands here twice (first on line {line})"
                why = "parsers differ in which one counts"
                problems.append(Problem("GF005", _place(path, name.start_mark), what, why, "remove one of them"))
            else:
                first[name.value] = name
    return problems[:_MOST_PROBLEMS]


def _mappings(node: Node | None) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, MappingNode):
            yield node
            waiting.extend(part for pair in node.value for part in pair)
        elif node is not None and not isinstance(node, ScalarNode):
            waiting.extend(node.value)


def _unusual_problems(path: str, content: bytes, unusual: bytes) -> list[Problem]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        fix = "save the file as UTF-8 without byte order mark"
        return [Problem("GF001", _offset_place(path, before, len(before)), "not UTF-8", fix=fix)]
    if text.startswith("\ufeff"):
        fix = "save the file as UTF-8 without byte order mark"
        return [Problem("GF001", Place(path, 1, 1), "a byte order mark stands at the beginning", fix=fix)]
    offsets = refused(text)
    if offsets:
        return [_invisible(_offset_place(path, text, at), text[at]) for at in offsets[:_MOST_PROBLEMS]]
    conflict = _CONFLICT.search(text)
    if conflict:
        place = _offset_place(path, text, conflict.start())
        return [Problem("GF004", place, "a merge conflict is not resolved", fix="keep one side, remove the marks")]
    if any(byte in unusual for byte in b"&*!%<\\"):
        return list(islice(_markup_problems(path, content), _MOST_PROBLEMS))
    return []


def _markup_problems(path: str, content: bytes) -> Iterator[Problem]:
    """Walk the events and name what a plain tree of text no longer shows."""
    parser = CParser(content)
    depth = 0
    try:
        while (event := parser.get_event()) is not None and depth <= MAX_DEPTH:
            place = _place(path, event.start_mark)
            if isinstance(event, yaml.AliasEvent):
                yield _refused(place, "GF006", f"`*{shown(event.anchor)}` is an alias", "write the value out here")
                continue
            if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
                yield _refused(place, "GF008", "a directive (`%…`) stands before the document", "remove the line")
            if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                yield _refused(place, "GF006", f"`&{shown(event.anchor)}` is an anchor", "remove it")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent) and event.tag is not None:
                yield _refused(place, "GF007", f"`{shown(event.tag)}` is a tag", "remove it; the schema gives the type")
            if isinstance(event, yaml.ScalarEvent):
                if event.value == "<<" and event.implicit[0]:
                    yield _refused(place, "GF006", "`<<` is a merge key", "write the members out here")
                for at in refused(event.value)[:1]:
                    yield _invisible(place, event.value[at])
    except yaml.YAMLError as error:
        yield _syntax_problem(path, error)


def _refused(place: Place, code: str, what: str, fix: str) -> Problem:
    return Problem(code, place, what, "a policy file says everything where it stands, once, in plain text", fix)


def _invisible(place: Place, character: str) -> Problem:
    return Problem(
        "GF003",
        place,
        f"{spell(character)} cannot be seen by a reviewer",
        "invisible and direction-changing characters hide what a file says (CVE-2021-42574)",
        "remove it",
    )


def _too_deep(path: str, error: TooDeepError) -> Problem:
    return Problem("GF009", _place(path, error.node.start_mark), f"nested deeper than {MAX_DEPTH}")


def _not_a_mapping(path: str, root: Node | None) -> Problem:
    place = Place(path, 1, 1) if root is None else _place(path, root.start_mark)
    what = "the file is empty" if root is None else "the file is no mapping"
    return Problem("GF011", place, what, fix="begin with `kind: …`")


# What libyaml says, as far as people meet it, in words about the file.
_SYNTAX = {
    "mapping values are not allowed in this context": "a `:` where none can stand (a value with `: ` needs quotes)",
    "could not find expected ':'": "a name without `:` after it",
    "did not find expected key": "the indentation fits no line above, or a name is missing",
    "did not find expected '-' indicator": "a list item must begin with `- ` at the column of its list",
    "found character that cannot start any token": "no value begins like this (quote it; tabs cannot indent)",
    "did not find expected ',' or '}'": "a `{` without its `}`, or a missing comma",
    "did not find expected ',' or ']'": "a `[` without its `]`, or a missing comma",
    "found unexpected end of stream": "a quote that is never closed",
    "did not find expected <document start>": "something follows the end of the document",
}


# Where these are noticed says little: what they began with stands earlier.
_BEGAN_EARLIER = frozenset({"could not find expected ':'", "found unexpected end of stream"})


def _syntax_problem(path: str, error: yaml.YAMLError) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None or error.problem_mark is None:
        return Problem("GF004", Place(path), "not YAML", fix="mend the syntax")
    said, mark = error.problem, error.problem_mark
    if "but found another document" in said:
        return Problem("GF008", _place(path, mark), "a second document begins here", fix="one file holds one document")
    if said in _BEGAN_EARLIER and error.context_mark is not None:
        mark = error.context_mark
    return Problem("GF004", _place(path, mark), f"not YAML: {_SYNTAX.get(said, said)}", fix="mend the syntax")


def _place(path: str, mark: Any) -> Place:
    return Place(path, mark.line + 1, mark.column + 1)


def _offset_place(path: str, text: str, offset: int) -> Place:
    line = text.count("\n", 0, offset)
    return Place(path, line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def shown(text: object) -> str:
    """A piece of a file as it may stand in a message: ASCII, short, on one line."""
    spelled = str(text).encode("ascii", "backslashreplace").decode().replace("\n", "\\n")
    return spelled if len(spelled) <= 80 else f"{spelled[:77]}..."
