import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const BASE_DELAY = 500;
const MAX_DELAY = 60_000;
const SAMPLE_RATE = 0.02;

export function jitter(attempt, base = BASE_DELAY) {
  const ceiling = Math.min(MAX_DELAY, base * 2 ** attempt);
  return Math.round(Math.random() * ceiling);
}

export function pickReplica(replicas) {
  return replicas[Math.floor(Math.random() * replicas.length)];
}

export class Scheduler extends EventEmitter {
  constructor({ store, replicas, handlers }) {
    super();
    this.store = store;
    this.replicas = replicas;
    this.handlers = new Map(Object.entries(handlers));
    this.stopped = false;
  }

  stop() {
    this.stopped = true;
  }

  async claim() {
    const claimToken = randomUUID();
    const job = await this.store.claim(claimToken);
    return job ? { ...job, claimToken } : null;
  }

  async execute(job) {
    const handler = this.handlers.get(job.kind);
    if (!handler) {
      await this.store.fail(job.id, job.claimToken, 'no handler');
      return;
    }
    const started = Date.now();
    try {
      await handler(job.payload, pickReplica(this.replicas));
      await this.store.finish(job.id, job.claimToken);
    } catch (err) {
      await this.store.retry(job.id, job.claimToken, jitter(job.attempt));
      this.emit('failure', { id: job.id, name: err.name });
    }
    if (Math.random() < SAMPLE_RATE) {
      this.emit('sample', { id: job.id, ms: Date.now() - started });
    }
  }

  async run() {
    let idle = 0;
    while (!this.stopped) {
      const job = await this.claim();
      if (job) {
        idle = 0;
        await this.execute(job);
      } else {
        idle += 1;
        await sleep(jitter(Math.min(idle, 6)));
      }
    }
  }
}
