"""The site's own filter lists: read while the app starts, watched from then on, asked what they block.

The lists are those of browsers' blockers (EasyList, EasyPrivacy), and Brave's engine matches them. Each file
has an engine of its own, so that a match can say where it is from; an exception in one file counts for all,
as in a browser. Knows neither the catalogue nor visitors.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from privacy_mw.errors import ConfigError
from privacy_mw.urls import Url

if TYPE_CHECKING:
    from adblock import Engine

logger = logging.getLogger("privacy_mw")

SECONDS_BETWEEN_LOOKS = 30.0
SECONDS_UNUSED_FILES_STAY = 30 * 24 * 3600
_DIGEST_BYTES = sha256().digest_size
Paths = Mapping[str, Iterable[str | os.PathLike[str]]]
"""Purposes to files."""
Signature = tuple[int, int, int] | None
"""What tells without reading that a file is another one; None for one that is not there."""


class Match(NamedTuple):
    """What blocks an address: the purpose that the site gave to a list, and the list's file."""

    purpose: str
    path: str


class _List(NamedTuple):
    purpose: str
    path: str
    signature: Signature
    digest: bytes
    engine: Engine


class _Edition(NamedTuple):
    """All lists at one time."""

    generation: int
    lists: tuple[_List, ...]


class FilterLists:
    """The lists of one configuration. Safe to share between threads: the lists of one moment are one value,
    which a reload replaces, and the engine answers under the interpreter's lock.
    """

    def __init__(self, paths: Paths) -> None:
        """Raises ConfigError, which names the file and the repair."""
        _require_engine(paths)
        read = (_read(str(purpose), os.fspath(path)) for purpose, files in paths.items() for path in files)
        self._edition = _Edition(1, tuple(read))
        self.purposes = frozenset(each.purpose for each in self._edition.lists)
        _watch(self)

    @property
    def generation(self) -> int:
        """Another number for other contents: what is remembered of answers has it in its key."""
        return self._edition.generation

    @property
    def digest(self) -> bytes:
        """A name for the contents, the same in every process."""
        return sha256(b"".join(each.digest for each in self._edition.lists)).digest()

    def matches(self, site: str, reference: str, url: Url, kind: str) -> tuple[Match, ...]:
        """All lists that block what a page of ``site`` loads as ``kind`` (one of adblock-rust's names) from
        another site's ``url``, as read from ``reference``.
        """
        address = _address(reference, url)
        found: list[Match] = []
        important: list[Match] = []
        is_excepted = False
        for each in self._edition.lists:
            result = each.engine.check_network_urls_with_hostnames_subset(
                address, url.host, site, kind, True, False, True
            )
            is_excepted = is_excepted or result.exception is not None
            if result.filter is not None:
                match = Match(each.purpose, each.path)
                (important if result.important else found).append(match)
        return tuple(important if is_excepted else important + found)

    def reload(self) -> None:
        """Reads files that have changed. One that cannot be used is reported once; its old rules stay."""
        before = self._edition
        now = tuple(map(_read_again, before.lists))
        is_new = any(a.digest != b.digest for a, b in zip(before.lists, now, strict=True))
        self._edition = _Edition(before.generation + is_new, now)


def _address(reference: str, url: Url) -> str:
    scheme = "http" if reference.lstrip()[:5].lower() == "http:" else "https"
    return f"{scheme}://{url.host}{url.path}" + (url.query and f"?{url.query}")


# --- files ---


def _require_engine(paths: Paths) -> None:
    try:
        import adblock  # noqa: F401
    except ImportError as error:
        repair = 'the package adblock, which reads the lists, is missing; pip install "privacy-mw[filters]"'
        raise ConfigError("privacy_mw.E009", "filters", paths, repair) from error


def _read(purpose: str, path: str) -> _List:
    signature = _signature(path)  # before reading: what changes meanwhile is seen at the next look
    data = _contents(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if problem := _problem_of(text):
        raise ConfigError("privacy_mw.E009", "filters", path, problem)
    return _List(purpose, path, signature, sha256(data).digest(), _engine(text, data))


def _contents(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        repair = "there is no such file; download the list, or write its whole path"
        raise ConfigError("privacy_mw.E009", "filters", path, repair) from error
    except (OSError, ValueError) as error:
        repair = f"it cannot be read ({error}); name a file that the app may read"
        raise ConfigError("privacy_mw.E009", "filters", path, repair) from error


def _problem_of(text: str) -> str | None:
    """Why a text is no list, and what to do. A server's error page, read as rules, might block anything."""
    if "\0" in text:
        return "it is not text; unpack the list, or save it as UTF-8"
    if text.lstrip()[:1] == "<":
        return "it is a web page and not a list; download the list again"
    if not any(line.strip() and line.lstrip()[0] not in "![" for line in text.splitlines()):
        return "it holds no rules; download the list again"
    return None


def _read_again(known: _List) -> _List:
    signature = _signature(known.path)
    if signature == known.signature:
        return known
    try:
        return _read(known.purpose, known.path)
    except ConfigError as error:
        logger.warning("a filter list cannot be used, and its old rules stay: %s", error)
        return known._replace(signature=signature)


def _signature(path: str) -> Signature:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


# --- compiled engines on disk ---


def _engine(text: str, data: bytes) -> Engine:
    """Of a list's text; ``data`` are its bytes. To compile takes five times as long as to read the result."""
    from adblock import Engine, FilterSet
    from adblock.adblock import __version__

    directory = _cache_directory()
    file = directory and directory / (sha256(__version__.encode() + b"\0" + data).hexdigest() + ".engine")
    if file and (cached := _from_cache(file)):
        return cached
    rules = FilterSet()
    rules.add_filter_list(text, rule_types="networkonly")
    engine = Engine(rules)
    if file:
        _to_cache(file, engine.serialize())
    return engine


def _cache_directory() -> Path | None:
    """In the user's own (XDG Base Directory Specification: a path that is not absolute does not count)."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    except RuntimeError:  # nobody's home
        return None
    return base / "privacy_mw" / "filters"


def _from_cache(file: Path) -> Engine | None:
    from adblock import AdblockException, Engine, FilterSet

    try:
        data = file.read_bytes()
        os.utime(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.info("a compiled filter list cannot be read and is compiled anew: %s", error)
        return None
    digest, compiled = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    engine = Engine(FilterSet())
    # The engine takes half of all files with a wrong bit in them without a word.
    if digest == sha256(compiled).digest():
        with suppress(AdblockException):
            engine.deserialize(compiled)
            return engine
    logger.warning("a compiled filter list is damaged and is compiled anew: %s", file)
    return None


def _to_cache(file: Path, compiled: bytes) -> None:
    """Whole or not at all: another process may read it."""
    part = file.with_suffix(f".{os.urandom(8).hex()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            part.write_bytes(sha256(compiled).digest() + compiled)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        _tidy(file.parent)
    except OSError as error:
        logger.info("a compiled filter list cannot be kept and is compiled at every start: %s", error)


def _tidy(directory: Path) -> None:
    """Takes out what nobody has read for a month: lists change every few days."""
    oldest = time.time() - SECONDS_UNUSED_FILES_STAY
    for file in directory.iterdir():
        with suppress(FileNotFoundError):  # another process was quicker
            if file.stat().st_mtime < oldest:
                file.unlink()


# --- watching ---

_watched: WeakSet[FilterLists] = WeakSet()
_watcher: threading.Thread | None = None


def look_again() -> None:
    """Reloads what has changed of all lists in use."""
    for lists in list(_watched):
        try:
            lists.reload()
        except Exception:
            logger.exception("filter lists could not be read again; their old rules stay")


def _watch(lists: FilterLists) -> None:
    _watched.add(lists)
    if _watcher is None and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_start_watcher)  # a fork takes no thread along
    _start_watcher()


def _start_watcher() -> None:
    """One thread for all lists of a process."""
    global _watcher
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_keep_looking, name="privacy_mw.filters", daemon=True)
        _watcher.start()


def _keep_looking() -> None:
    while True:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        look_again()
