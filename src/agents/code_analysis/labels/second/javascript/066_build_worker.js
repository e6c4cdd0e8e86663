'use strict';

const fs = require('fs');
const os = require('os');
const path = require('path');
const { execSync } = require('child_process');
const amqp = require('amqplib');
const pino = require('pino');

const log = pino({ name: 'build-worker' });
const QUEUE = 'builds';

function sh(command, cwd) {
  return execSync(command, { cwd, stdio: 'pipe', timeout: 10 * 60 * 1000 }).toString();
}

function checkout(dir, repository, branch) {
  sh(`git clone --depth 1 --branch ${branch} ${repository} src`, dir);
  return path.join(dir, 'src');
}

function build(job) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'build-'));
  try {
    const src = checkout(dir, job.repository, job.branch || 'main');
    sh('npm ci --ignore-scripts', src);
    sh('npm run build', src);
    return sh('git rev-parse HEAD', src).trim();
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

async function handle(channel, message) {
  const job = JSON.parse(message.content.toString('utf8'));
  const started = Date.now();
  try {
    const commit = build(job);
    log.info({ commit, ms: Date.now() - started }, 'build finished');
    channel.ack(message);
  } catch (err) {
    log.error({ status: err.status }, 'build failed');
    channel.nack(message, false, false);
  }
}

async function main() {
  const connection = await amqp.connect(process.env.AMQP_URL);
  const channel = await connection.createChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  await channel.prefetch(1);
  await channel.consume(QUEUE, (message) => {
    if (message) handle(channel, message);
  });
  log.info('waiting for builds');
}

main().catch((err) => {
  log.fatal(err);
  process.exit(1);
});
