"""libcandor's functions and structs, as candor.h has them."""
from __future__ import annotations

import ctypes
import os
from typing import Iterator, Union

STATUS = {1: "a bad argument", 2: "no memory", 3: "no room", 4: "unknown"}


class Error(Exception):
    """The library could not do it."""


class Text(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Memory(ctypes.Structure):
    _fields_ = [("take", ctypes.c_void_p), ("give", ctypes.c_void_p), ("ctx", ctypes.c_void_p)]


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("memory", Memory), ("memory_limit", ctypes.c_size_t), ("remote", Text)]


class RawExplanation(ctypes.Structure):
    _fields_ = (
        [("size", ctypes.c_size_t), ("recipient", Text), ("kind", Text), ("code", ctypes.c_uint),
         ("enhanced", ctypes.c_uint * 3), ("text", Text), ("remote", Text), ("has_cause", ctypes.c_int)]
        + [(name, Text) for name in ("cause", "title", "scope", "permanence", "stage", "fixer", "action")]
        + [("retry", ctypes.c_int), ("provider", Text), ("rule", Text), ("confidence", ctypes.c_double)]
        + [(name, Text) for name in ("blocklist", "ip", "url", "host", "domain")]
        + [(name, ctypes.c_uint64) for name in ("limit", "bytes", "retry_after")]
        + [("summary", Text), ("steps", ctypes.POINTER(Text)), ("step_count", ctypes.c_size_t)])


class RawMail(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t)] + [
        (name, Text) for name in ("kind", "sender", "subject", "message_id", "reporter")]


def _load() -> ctypes.CDLL:
    name = os.environ.get("CANDOR_LIBRARY", "libcandor.so.0")
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(f"libcandor is not installed, or CANDOR_LIBRARY names no library: {error}") from error
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    shapes = {
        "candor_version": (ctypes.c_char_p, []),
        "candor_explain": (ctypes.c_int, [ctypes.POINTER(Options), ctypes.c_char_p, size, ctypes.POINTER(pointer)]),
        "candor_read_mail": (ctypes.c_int, [ctypes.POINTER(Options), ctypes.c_char_p, size, ctypes.POINTER(pointer)]),
        "candor_report_free": (None, [pointer]),
        "candor_report_count": (size, [pointer]),
        "candor_report_get": (ctypes.c_int, [pointer, size, ctypes.POINTER(RawExplanation)]),
        "candor_report_mail": (ctypes.c_int, [pointer, ctypes.POINTER(RawMail)]),
        "candor_cause_count": (size, []),
        "candor_cause_name": (ctypes.c_char_p, [size]),
        "candor_cause_title": (ctypes.c_char_p, [size]),
    }
    for function, (result, arguments) in shapes.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


_lib = _load()
# libc's own functions do the work: `take` and `give` only have one argument more
_libc = ctypes.CDLL(None)
_libc.malloc.restype, _libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
_libc.free.restype, _libc.free.argtypes = None, [ctypes.c_void_p]
_take = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)(lambda _, size: _libc.malloc(size))
_give = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)(lambda _, at, size: _libc.free(at))
_memory = Memory(ctypes.cast(_take, ctypes.c_void_p), ctypes.cast(_give, ctypes.c_void_p), None)


def _bytes(value: Union[str, bytes]) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def text(raw: Text) -> str:
    return ctypes.string_at(raw.at, raw.len).decode("utf-8", "replace") if raw.len else ""


def _check(status: int) -> None:
    if status:
        raise Error(STATUS.get(status, str(status)))


class report:
    """A candor_report, freed at the end of `with`."""

    def __init__(self, function: str, value: Union[str, bytes], remote: Union[str, bytes] = "") -> None:
        given, host = _bytes(value), _bytes(remote)
        kept = ctypes.create_string_buffer(host, len(host) + 1)
        options = Options(ctypes.sizeof(Options), _memory, 0, Text(ctypes.addressof(kept), len(host)))
        self._report = ctypes.c_void_p()
        _check(getattr(_lib, function)(ctypes.byref(options), given, len(given), ctypes.byref(self._report)))

    def __enter__(self) -> "report":
        return self

    def __exit__(self, *_: object) -> None:
        _lib.candor_report_free(self._report)

    def count(self) -> int:
        return _lib.candor_report_count(self._report)

    def explanation(self, index: int) -> RawExplanation:
        x = RawExplanation(size=ctypes.sizeof(RawExplanation))
        _check(_lib.candor_report_get(self._report, index, ctypes.byref(x)))
        return x

    def mail(self) -> RawMail:
        m = RawMail(size=ctypes.sizeof(RawMail))
        _check(_lib.candor_report_mail(self._report, ctypes.byref(m)))
        return m


def causes() -> Iterator[tuple[str, str]]:
    for i in range(_lib.candor_cause_count()):
        yield _lib.candor_cause_name(i).decode(), _lib.candor_cause_title(i).decode()


def version() -> str:
    return _lib.candor_version().decode()
