import argparse
import heapq
import random
import statistics
from dataclasses import dataclass, field


@dataclass
class Result:
    waits: list = field(default_factory=list)

    @property
    def mean(self):
        return statistics.fmean(self.waits) if self.waits else 0.0

    def percentile(self, share):
        ordered = sorted(self.waits)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def simulate(customers, arrival_rate, service_rate, servers, seed):
    rng = random.Random(seed)
    free = [0.0] * servers
    heapq.heapify(free)
    clock = 0.0
    result = Result()
    for _ in range(customers):
        clock += rng.expovariate(arrival_rate)
        start = max(clock, heapq.heappop(free))
        result.waits.append(start - clock)
        heapq.heappush(free, start + rng.expovariate(service_rate))
    return result


def main():
    parser = argparse.ArgumentParser(description="Estimate waiting times at the counters")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--arrivals", type=float, default=1.8)
    parser.add_argument("--services", type=float, default=1.0)
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    result = simulate(args.customers, args.arrivals, args.services, args.servers, args.seed)
    print(f"mean {result.mean:.2f}  p95 {result.percentile(0.95):.2f}")


if __name__ == "__main__":
    main()
