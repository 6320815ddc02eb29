from __future__ import annotations

from pathlib import Path

from gatefleet.log.archive import EntryName, EntryType, FolderArchive

FIRST = EntryName(1, 1, EntryType.REVISION)


def test_an_entry_set_aside_makes_room_for_another_and_is_kept(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    archive.put(FIRST, b"lost")
    assert archive.set_aside(FIRST, b"lost")
    assert archive.names() == ()
    assert archive.put(FIRST, b"won")
    assert archive.names() == (FIRST,)
    (kept,) = (tmp_path / ".set-aside").iterdir()
    assert kept.name.startswith("1-1.revision.")
    assert kept.read_bytes() == b"lost"


def test_an_entry_of_other_bytes_stays_where_it_is(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    archive.put(FIRST, b"won")
    assert not archive.set_aside(FIRST, b"lost")
    assert archive.read(FIRST) == b"won"


def test_an_entry_that_is_not_there_cannot_be_set_aside(tmp_path: Path):
    assert not FolderArchive(tmp_path).set_aside(FIRST, b"lost")
