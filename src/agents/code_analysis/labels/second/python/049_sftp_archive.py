"""Move finished exports to the archive host over SFTP."""
import hashlib
import logging
import os
import stat
from pathlib import Path

import paramiko

log = logging.getLogger("archive")


class ArchiveError(Exception):
    pass


class Archive:
    def __init__(self, host, user, key_file, known_hosts):
        self.client = paramiko.SSHClient()
        self.client.load_host_keys(known_hosts)
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        key = paramiko.Ed25519Key.from_private_key_file(key_file)
        self.client.connect(
            host, username=user, pkey=key, allow_agent=False, look_for_keys=False, timeout=15
        )
        self.sftp = self.client.open_sftp()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sftp.close()
        self.client.close()

    def store(self, path, folder):
        remote = "%s/%s" % (folder, path.name)
        attrs = self.sftp.put(str(path), remote + ".part")
        if attrs.st_size != path.stat().st_size:
            raise ArchiveError("size differs after upload")
        self.sftp.chmod(remote + ".part", stat.S_IRUSR | stat.S_IWUSR)
        self.sftp.posix_rename(remote + ".part", remote)
        return remote


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as fh:
        for block in iter(lambda: fh.read(1 << 16), b""):
            digest.update(block)
    return digest.hexdigest()


def main():
    logging.basicConfig(level=logging.INFO)
    outbox = Path(os.environ["EXPORT_OUTBOX"])
    with Archive(
        os.environ["ARCHIVE_HOST"],
        "archive",
        os.environ["ARCHIVE_KEY"],
        "/etc/archive/known_hosts",
    ) as archive:
        for path in sorted(outbox.glob("*.parquet")):
            checksum = sha256(path)
            archive.store(path, "/incoming")
            log.info("stored %s (%s)", path.name, checksum[:12])
            path.unlink()


if __name__ == "__main__":
    main()
