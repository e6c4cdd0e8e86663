"""PID file and counter file helpers for the long-running workers."""
import contextlib
import errno
import fcntl
import logging
import os
import stat

logger = logging.getLogger(__name__)

RUN_DIR = os.environ.get("WORKER_RUN_DIR", "/run/worker")


class AlreadyRunning(RuntimeError):
    pass


def _create(path):
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o640)


@contextlib.contextmanager
def pid_file(name):
    path = os.path.join(RUN_DIR, name + ".pid")
    try:
        fd = _create(path)
    except FileExistsError:
        raise AlreadyRunning(name) from None
    try:
        os.write(fd, b"%d\n" % os.getpid())
        yield path
    finally:
        os.close(fd)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


@contextlib.contextmanager
def locked(name):
    path = os.path.join(RUN_DIR, name + ".lock")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode) or info.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "lock file is not ours")
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)


def increment(name):
    """Add one to the counter file and return the new value."""
    with locked(name) as fd:
        raw = os.pread(fd, 32, 0).strip()
        value = int(raw or b"0") + 1
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % value, 0)
    logger.debug("counter is now %d", value)
    return value
