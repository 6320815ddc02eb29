"""The collector is paused within the block and is as before after it."""

from __future__ import annotations

import gc

import pytest

from gatefleet.source.allocation import collector_paused


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_off_within_and_as_before_afterwards_even_after_an_error(on: bool) -> None:
    before = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(KeyError), collector_paused():
            with collector_paused():
                assert not gc.isenabled()
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()
