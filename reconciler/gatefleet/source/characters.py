"""Characters that a reviewer cannot see, or sees in another order than a parser reads them (CVE-2021-42574).

They are refused everywhere in a policy file, comments included. The ranges are Unicode's Default_Ignorable_Code_Point,
control, format, separator, surrogate, private-use and non-characters, written out so that they do not move with the
Unicode version of an interpreter.
"""

from __future__ import annotations

import re
import unicodedata

_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # without tab, line feed; carriage return is looked at by itself
_SPACES = "\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2800"
_FORMAT = (
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
_NOT_CHARACTERS = "\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff"
_REFUSED = re.compile(f"[{_CONTROL}{_SPACES}{_FORMAT}{_IGNORABLE}{_NOT_CHARACTERS}]|\r(?!\n)")


def refused(text: str) -> list[int]:
    """Offsets of all characters that may not stand in a policy file."""
    return [match.start() for match in _REFUSED.finditer(text)]


def spell(character: str) -> str:
    """A name for an invisible character that can itself be printed: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    unnamed = "control character" if unicodedata.category(character) == "Cc" else "without a name"
    return f"U+{ord(character):04X} {unicodedata.name(character, unnamed)}"
