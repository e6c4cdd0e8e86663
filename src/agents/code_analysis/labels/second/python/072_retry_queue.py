"""Poll a work queue with backoff and a little jitter."""
import logging
import random
import secrets
import time
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass
class Backoff:
    base: float = 0.5
    ceiling: float = 60.0
    attempt: int = 0

    def next(self):
        limit = min(self.ceiling, self.base * 2**self.attempt)
        self.attempt += 1
        return random.uniform(0, limit)

    def reset(self):
        self.attempt = 0


@dataclass
class Job:
    id: int
    payload: dict
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Worker:
    sample_rate = 0.01

    def __init__(self, queue, handler):
        self.queue = queue
        self.handler = handler
        self.backoff = Backoff()
        self.running = True

    def _trace(self, job):
        if random.random() < self.sample_rate:
            log.info("sampled job %d", job.id)

    def step(self):
        raw = self.queue.claim()
        if raw is None:
            time.sleep(self.backoff.next())
            return False
        job = Job(id=int(raw["id"]), payload=raw["payload"])
        self.queue.attach_token(job.id, job.token)
        self._trace(job)
        try:
            self.handler(job)
        except Exception:
            log.exception("job %d failed", job.id)
            self.queue.release(job.id, job.token, delay=self.backoff.next())
            return False
        self.queue.finish(job.id, job.token)
        self.backoff.reset()
        return True

    def run(self):
        while self.running:
            self.step()


def shuffled_hosts(hosts):
    hosts = list(hosts)
    random.shuffle(hosts)
    return hosts
