"""Tensors of a torch archive (`.pth`), read as data: nothing that the file says is ever run."""

import math
import pickletools
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from shared.errors import InvalidInputError

_TYPES = {"FloatStorage": torch.float32, "HalfStorage": torch.float16, "LongStorage": torch.int64}
_MARK = object()
_PLAIN = {"BININT", "BININT1", "BININT2", "BINUNICODE", "GLOBAL", "SHORT_BINUNICODE"}
_CONSTANTS: dict[str, Callable[[], object]] = {
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "MARK": lambda: _MARK,
    "NEWFALSE": lambda: False,
    "NEWTRUE": lambda: True,
    "NONE": lambda: None,
}


class ArchiveError(InvalidInputError):
    """A file is no archive of plain tensors."""

    code = "base_missing"


@dataclass
class _Machine:
    """The few stack operations that a dictionary of tensors is written with."""

    stack: list[object] = field(default_factory=list)
    memo: dict[object, object] = field(default_factory=dict)

    def take(self, name: str, argument: object) -> None:
        """Carry one operation out; one that is not known ends the reading."""
        if name in _PLAIN:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name != "PROTO":
            _EFFECTS[name](self)

    def pop(self, count: int) -> tuple[object, ...]:
        taken = tuple(self.stack[-count:])
        del self.stack[-count:]
        return taken

    def to_mark(self) -> list[object]:
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of an archive by its name.

    Only the operations and the four names that a dictionary of tensors needs are understood; anything else,
    a call of some other function above all, is refused.

    Raises:
        ArchiveError: the file is damaged, or holds more than tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            inner = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            told = _said(archive.read(inner))
            folder = inner.removesuffix("data.pkl") + "data/"
            return {str(name): _tensor(archive, folder, spec) for name, spec in told.items()}
    except (OSError, zipfile.BadZipFile, StopIteration, LookupError, ValueError, TypeError) as error:
        fix = "install the package again, or convert the file to safetensors"
        raise ArchiveError(f"{path.name} is no archive of tensors", field="base", fix=fix) from error


def _said(program: bytes) -> dict[object, tuple[object, ...]]:
    machine = _Machine()
    for operation, argument, _ in pickletools.genops(program):
        machine.take(operation.name, argument)
    (found,) = machine.stack
    if not isinstance(found, dict):
        raise TypeError
    return found


def _nothing(_: _Machine) -> None:
    """What stands on the stack stays."""


def _tuple(machine: _Machine, count: int) -> None:
    machine.stack.append(machine.pop(count))


def _call(machine: _Machine) -> None:
    function, arguments = machine.pop(2)
    if function == "collections OrderedDict" and arguments == ():
        machine.stack.append({})
    elif function == "torch._utils _rebuild_tensor_v2":
        machine.stack.append(arguments)
    else:
        raise ValueError(function)


def _set_items(machine: _Machine) -> None:
    items = machine.to_mark()
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise TypeError
    target.update(zip(items[::2], items[1::2], strict=True))


def _set_item(machine: _Machine) -> None:
    name, value = machine.pop(2)
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise TypeError
    target[name] = value


_EFFECTS: dict[str, Callable[[_Machine], object]] = {
    "TUPLE": lambda machine: machine.stack.append(tuple(machine.to_mark())),
    "TUPLE1": lambda machine: _tuple(machine, 1),
    "TUPLE2": lambda machine: _tuple(machine, 2),
    "TUPLE3": lambda machine: _tuple(machine, 3),
    "BINPERSID": _nothing,  # a storage is named by the tuple that stands there already
    "STOP": _nothing,
    "REDUCE": _call,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "BUILD": lambda machine: machine.pop(1),  # versions of modules, no tensors
}


def _tensor(archive: zipfile.ZipFile, folder: str, spec: tuple[object, ...]) -> Tensor:
    storage, offset, shape, strides, *_ = spec
    if not (isinstance(storage, tuple) and isinstance(shape, tuple) and isinstance(strides, tuple)):
        raise TypeError
    _, kind, key, *_ = storage
    name = str(kind).removeprefix("torch ")
    flat = torch.frombuffer(bytearray(archive.read(f"{folder}{key}")), dtype=_TYPES[name])
    dense = tuple(math.prod(shape[place + 1 :]) for place in range(len(shape)))
    if offset != 0 or strides != dense or flat.numel() != math.prod(shape):
        raise ValueError(key)
    return flat.view(shape)
