'use strict';

const { EventEmitter } = require('events');

class TaskExecutor extends EventEmitter {
  constructor({ concurrency = 4, retries = 2 } = {}) {
    super();
    this.concurrency = concurrency;
    this.retries = retries;
    this.waiting = [];
    this.running = 0;
  }

  exec(name, task) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ name, task, resolve, reject, attempt: 0 });
      this.next();
    });
  }

  next() {
    while (this.running < this.concurrency && this.waiting.length > 0) {
      const job = this.waiting.shift();
      this.running += 1;
      this.execute(job).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  async execute(job) {
    job.attempt += 1;
    this.emit('start', job.name, job.attempt);
    try {
      job.resolve(await job.task());
      this.emit('done', job.name);
    } catch (err) {
      if (job.attempt <= this.retries) {
        this.waiting.push(job);
        return;
      }
      this.emit('failed', job.name);
      job.reject(err);
    }
  }

  get size() {
    return this.waiting.length + this.running;
  }
}

module.exports = { TaskExecutor };
