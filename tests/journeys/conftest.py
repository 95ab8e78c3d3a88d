"""Fixtures: a Candor server, a Postfix to talk to, a name server. All on free ports in folders of their own."""
import contextlib
import shutil
import signal
import tempfile

import pytest

from browser import Browser
from candor import Candor
from faults import SmallDisk
from nameserver import Nameserver
from postfix import Postfix
from waiting import free_port

# A shell that starts the tests in the background makes them ignore Ctrl-C, and the programs they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def folder():
    """A folder with a short name, so that sockets fit into it."""
    path = tempfile.mkdtemp(prefix="journey-")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def candor():
    """candor(**options) starts a server, as class Candor takes them; it is stopped and judged at the end."""
    with contextlib.ExitStack() as stack:
        def start(**options):
            server = Candor(**options)
            stack.callback(server.close)
            return server.start()
        yield start


@pytest.fixture
def postfix(folder):
    """postfix(users, **options) starts a real Postfix that has these mailboxes."""
    with contextlib.ExitStack() as stack:
        started = []

        def start(users, **options):
            options.setdefault("port", free_port())
            peer = Postfix(f"{folder}/postfix-{len(started)}", users=users, **options)
            started.append(peer)
            stack.callback(peer.stop)
            return peer.start()
        yield start


@pytest.fixture
def nameserver(folder):
    """nameserver(records, **options) answers for the whole DNS: what is not in `records` does not exist."""
    with contextlib.ExitStack() as stack:
        def start(*records, **options):
            server = Nameserver(f"{folder}/nsd", records, **options)
            stack.callback(server.stop)
            return server
        yield start


@pytest.fixture
def worlds(candor, nameserver, folder):
    """worlds(kind, **options) sets up a small internet of that class around a Candor; all are closed at the end."""
    with contextlib.ExitStack() as stack:
        def start(kind, **options):
            made = kind(candor, nameserver, folder, **options)
            stack.callback(made.close)
            return made
        yield start


@pytest.fixture
def small_disk():
    """A file system that can be full; it is mounted where the test says."""
    disk = SmallDisk()
    yield disk
    disk.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One Chromium for all tests; each opens its own page in it."""
    with Browser(tmp_path_factory.mktemp("browser")) as one:
        yield one
