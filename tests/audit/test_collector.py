"""The collector of cyclic garbage stands still only while somebody is inside, however it ends."""

from __future__ import annotations

import gc

import pytest

from audit.collector import collector_paused


def test_it_stands_still_inside_and_goes_on_afterwards():
    with collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error():
    with pytest.raises(RuntimeError), collector_paused():
        raise RuntimeError
    assert gc.isenabled()


def test_who_had_switched_it_off_finds_it_off():
    gc.disable()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
