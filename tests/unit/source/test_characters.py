"""The refused characters are those that Unicode calls ignorable, control, format or separating."""

from __future__ import annotations

import sys
import unicodedata

from gatefleet.source.characters import refused, spell


def test_every_control_format_separator_private_and_surrogate_character_is_refused_and_every_letter_allowed() -> None:
    allowed = {"\n", "\t", " "}
    blank_letters = set("\u115f\u1160\u3164\uffa0")  # Hangul fillers: letters that show nothing
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cs"):
            assert bool(refused(character)) == (character not in allowed), hex(number)
        elif category[0] in "LNP" and character not in blank_letters:
            assert not refused(character), hex(number)


def test_a_carriage_return_is_allowed_only_before_a_line_feed() -> None:
    assert refused("a\r\nb") == []
    assert refused("a\rb\r") == [1, 3]


def test_an_invisible_character_is_spelled_so_that_it_can_be_printed() -> None:
    assert spell("\u202e") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert spell("\x1b") == "U+001B control character"
