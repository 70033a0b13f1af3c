"""What a Linux program asks of the machine that runs it.

In: the bytes of a program (ELF, 64 bits, little endian: x86_64 and arm64). Out: its processor, the libraries it loads, and the versions of their
symbols that it cannot start without. Never: runs it; a program for another processor is read as well.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Iterator

PROCESSORS = {62: "x86_64", 183: "arm64"}
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB, DT_VERNEED, DT_VERNEEDNUM = 1, 5, 0x6FFFFFFE, 0x6FFFFFFF
WEAK = 2  # the loader goes on without such a version


class NotElf(ValueError):
    """These bytes are no program that Lambda could start."""


@dataclass(frozen=True)
class Elf:
    """One program. `versions` are as the linker wrote them: `GLIBC_2.34`."""

    processor: str
    libraries: tuple[str, ...]
    versions: frozenset[str]


def read(data: bytes) -> Elf:
    """The program in these bytes."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise NotElf("it is no 64-bit little-endian ELF program")
    try:
        return _read(data)
    except (struct.error, StopIteration, ValueError) as error:
        raise NotElf("it is damaged, or only a part of a program") from error


def _read(data: bytes) -> Elf:
    (machine,) = struct.unpack_from("<H", data, 18)
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    # type, offset in the file, address, size in the file
    segments = [struct.unpack_from("<I4xQQ8xQ", data, table + number * size) for number in range(count)]
    if any(offset + length > len(data) for _, offset, _, length in segments):
        raise ValueError("cut off")

    def at(address: int) -> int:
        return next(offset + address - start for kind, offset, start, length in segments if kind == PT_LOAD and start <= address < start + length)

    dynamic = [pair for kind, offset, _, length in segments if kind == PT_DYNAMIC for pair in struct.iter_unpack("<qQ", data[offset:offset + length // 16 * 16])]
    tags = dict(dynamic)
    text = at(tags[DT_STRTAB]) if DT_STRTAB in tags else 0

    def word(offset: int) -> str:
        return data[text + offset:data.index(b"\0", text + offset)].decode()

    def versions() -> Iterator[str]:
        place = at(tags[DT_VERNEED])
        for _ in range(tags[DT_VERNEEDNUM]):
            number, first, after = struct.unpack_from("<2xH4xII", data, place)
            entry = place + first
            for _ in range(number):
                flags, name, step = struct.unpack_from("<4xH2xII", data, entry)
                if not flags & WEAK:
                    yield word(name)
                entry += step
            place += after

    return Elf(
        processor=PROCESSORS.get(machine, f"processor {machine}"),
        libraries=tuple(word(value) for tag, value in dynamic if tag == DT_NEEDED),
        versions=frozenset(versions() if DT_VERNEED in tags else ()),
    )
