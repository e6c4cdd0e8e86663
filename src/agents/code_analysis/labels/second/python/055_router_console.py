"""Looking-glass: run ping/traceroute on one of our routers."""
import logging
import os

import paramiko
import tornado.ioloop
import tornado.web

logger = logging.getLogger("lg")

ROUTERS = {
    "ams1": "ams1.net.example",
    "fra2": "fra2.net.example",
    "lon1": "lon1.net.example",
}

COMMANDS = {
    "ping": "ping -c 5 %s",
    "trace": "traceroute -n -w 1 %s",
    "bgp": "show-route %s",
}


class Session(object):
    def __init__(self, host):
        self.client = paramiko.SSHClient()
        self.client.load_host_keys(os.environ["LG_KNOWN_HOSTS"])
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        self.client.connect(host, username="lg", key_filename=os.environ["LG_KEY"], timeout=10)

    def execute(self, line):
        _, stdout, _ = self.client.exec_command(line, timeout=60)
        return stdout.read().decode("utf-8", "replace")

    def close(self):
        self.client.close()


class QueryHandler(tornado.web.RequestHandler):
    def get(self):
        router = self.get_argument("router")
        kind = self.get_argument("type", "ping")
        target = self.get_argument("target")
        if router not in ROUTERS or kind not in COMMANDS:
            raise tornado.web.HTTPError(400)

        session = Session(ROUTERS[router])
        try:
            output = session.execute(COMMANDS[kind] % target)
        except paramiko.SSHException:
            logger.exception("query on %s failed", ROUTERS[router])
            raise tornado.web.HTTPError(502)
        finally:
            session.close()
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.write(output)


def main():
    app = tornado.web.Application([(r"/query", QueryHandler)])
    app.listen(int(os.environ.get("PORT", "8000")), address="127.0.0.1")
    tornado.ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
