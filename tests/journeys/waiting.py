"""Waiting for an event instead of guessing how long it takes."""
import random
import socket
import threading
import time


def until(condition, what, seconds=30.0):
    """Calls condition() until it returns something true, and returns that; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            shown = what() if callable(what) else what
            raise AssertionError(f"waited {seconds:g} s for: {shown}")
        pause.wait(0.02)


def answers(address, port):
    """True once something accepts a connection there."""
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False


def free_port(address="127.0.0.1"):
    """A port that nobody listens on, for TCP and UDP; below those that the kernel gives to outgoing connections,
    so that none of these takes it before the server does."""
    for _ in range(200):
        port = random.randrange(15000, 32000)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind((address, port))
                udp.bind((address, port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")
