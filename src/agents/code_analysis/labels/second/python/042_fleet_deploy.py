import concurrent.futures
import getpass
import logging
import os
import posixpath

import click
import paramiko

log = logging.getLogger("deploy")
REMOTE_DIR = "/opt/agent/releases"


class Target:
    def __init__(self, host, user, password):
        self.host = host
        self.user = user
        self.password = password

    def connect(self):
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            self.host, username=self.user, password=self.password, timeout=20
        )
        return client

    def push(self, archive):
        client = self.connect()
        try:
            sftp = client.open_sftp()
            remote = posixpath.join(REMOTE_DIR, os.path.basename(archive))
            sftp.put(archive, remote + ".part")
            sftp.posix_rename(remote + ".part", remote)
            sftp.close()
            _, stdout, _ = client.exec_command("systemctl restart agent")
            return stdout.channel.recv_exit_status()
        finally:
            client.close()


def read_hosts(handle):
    for line in handle:
        line = line.split("#", 1)[0].strip()
        if line:
            yield line


@click.command()
@click.argument("hosts", type=click.File())
@click.argument("archive", type=click.Path(exists=True, dir_okay=False))
@click.option("--user", default="deploy")
@click.option("--parallel", default=8, type=click.IntRange(1, 32))
def deploy(hosts, archive, user, parallel):
    """Push ARCHIVE to each host of the file HOSTS and restart the agent."""
    password = getpass.getpass("Password for %s: " % user)
    targets = [Target(h, user, password) for h in read_hosts(hosts)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        jobs = {pool.submit(t.push, archive): t for t in targets}
        for job in concurrent.futures.as_completed(jobs):
            status = job.result() if job.exception() is None else -1
            click.echo("%s: %s" % (jobs[job].host, "ok" if status == 0 else "failed"))
            failed += status != 0
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    deploy()
