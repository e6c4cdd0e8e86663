"""Fetch the tail of a log file from an application host over SSH."""
import logging
import os
import re
import shlex

import click
import paramiko

logger = logging.getLogger(__name__)

LOG_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.log")
LOG_DIR = "/var/log/app"


def connect(host, user):
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect(host, username=user, allow_agent=True, timeout=15)
    return client


def tail_command(name, count, pattern=None):
    if not LOG_NAME.fullmatch(name):
        raise click.BadParameter("not a log file name")
    command = "tail -n %d -- %s" % (count, shlex.quote(LOG_DIR + "/" + name))
    if pattern:
        command += " | grep -F -e %s" % shlex.quote(pattern)
    return command


def stream(client, command, out):
    _, stdout, stderr = client.exec_command(command, timeout=30)
    for line in stdout:
        out.write(line)
    status = stdout.channel.recv_exit_status()
    if status not in (0, 1):
        raise click.ClickException(stderr.read().decode("utf-8", "replace"))


@click.command()
@click.argument("host")
@click.argument("name")
@click.option("--user", default=lambda: os.environ.get("USER", "deploy"))
@click.option("-n", "--lines", type=click.IntRange(1, 10000), default=200)
@click.option("--grep", "pattern")
def main(host, name, user, lines, pattern):
    """Print the last LINES lines of NAME on HOST."""
    command = tail_command(name, lines, pattern)
    try:
        client = connect(host, user)
    except paramiko.SSHException as exc:
        raise click.ClickException("connection failed: %s" % exc.__class__.__name__)
    try:
        stream(client, command, click.get_text_stream("stdout"))
    finally:
        client.close()


if __name__ == "__main__":
    main()
