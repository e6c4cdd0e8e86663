"""Root daemon that picks up print jobs from the users' spool directories."""
import logging
import os
import pwd
import shutil
import signal
import stat
import time

log = logging.getLogger("spoold")

OUTGOING = "/var/spool/spoold/out"
INTERVAL = 5
LIMIT = 50 * 1024 * 1024


class Spooler:
    def __init__(self, home_root="/home"):
        self.home_root = home_root
        self.running = True
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.running = False

    def users(self):
        for entry in pwd.getpwall():
            spool = os.path.join(entry.pw_dir, ".spool")
            if entry.pw_dir.startswith(self.home_root) and os.path.isdir(spool):
                yield entry, spool

    def acceptable(self, path, uid):
        info = os.lstat(path)
        return (
            stat.S_ISREG(info.st_mode) and info.st_uid == uid and info.st_size <= LIMIT
        )

    def take(self, path, uid, target):
        if not self.acceptable(path, uid):
            return False
        time.sleep(0.2)
        with open(path, "rb") as src, open(target, "wb") as dst:
            shutil.copyfileobj(src, dst)
        os.chown(target, uid, -1)
        os.unlink(path)
        return True

    def scan(self):
        moved = 0
        for user, spool in self.users():
            for name in os.listdir(spool):
                target = os.path.join(OUTGOING, "%d-%d-%d" % (user.pw_uid, time.time_ns(), moved))
                try:
                    moved += self.take(os.path.join(spool, name), user.pw_uid, target)
                except OSError as exc:
                    log.warning("job of uid %d skipped, errno %s", user.pw_uid, exc.errno)
        return moved

    def run(self):
        while self.running:
            count = self.scan()
            if count:
                log.info("%d jobs moved", count)
            time.sleep(INTERVAL)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    Spooler().run()
