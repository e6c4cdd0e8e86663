import asyncio
import time
from collections import OrderedDict


class TokenBucket:
    def __init__(self, rate: float, capacity: float, clock=time.monotonic):
        self.rate = rate
        self.capacity = capacity
        self.tokens = capacity
        self._clock = clock
        self._updated = clock()

    def _refill(self) -> None:
        now = self._clock()
        self.tokens = min(self.capacity, self.tokens + (now - self._updated) * self.rate)
        self._updated = now

    def consume(self, amount: float = 1.0) -> bool:
        self._refill()
        if amount > self.tokens:
            return False
        self.tokens -= amount
        return True

    def wait_time(self, amount: float = 1.0) -> float:
        self._refill()
        return max(0.0, (amount - self.tokens) / self.rate)


class Limiter:
    def __init__(self, rate: float, capacity: float, keep: int = 10_000):
        self._settings = (rate, capacity)
        self._keep = keep
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def bucket(self, key: str) -> TokenBucket:
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(*self._settings)
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._keep:
            self._buckets.popitem(last=False)
        return self._buckets[key]

    async def acquire(self, key: str) -> None:
        bucket = self.bucket(key)
        while not bucket.consume():
            await asyncio.sleep(bucket.wait_time())
