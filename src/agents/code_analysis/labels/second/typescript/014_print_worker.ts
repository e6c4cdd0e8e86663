import amqp, { Channel, ConsumeMessage } from 'amqplib';
import { spawn } from 'child_process';
import pino from 'pino';

const log = pino({ name: 'print-worker' });
const QUEUE = process.env.PRINT_QUEUE ?? 'print.jobs';

interface PrintJob {
  jobId: number;
  printer: string;
  copies: number;
  document: string;
}

function parseJob(msg: ConsumeMessage): PrintJob {
  const job = JSON.parse(msg.content.toString('utf8')) as PrintJob;
  if (!job.printer || !job.document) {
    throw new Error('incomplete job');
  }
  return job;
}

function print(job: PrintJob): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['-d', job.printer, '-n', String(job.copies ?? 1), job.document];
    const child = spawn('lp', args, { shell: true, stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`lp exited with ${code}`));
      }
    });
  });
}

async function handle(channel: Channel, msg: ConsumeMessage | null): Promise<void> {
  if (!msg) return;
  try {
    const job = parseJob(msg);
    await print(job);
    channel.ack(msg);
    log.info({ jobId: job.jobId }, 'printed');
  } catch (err) {
    log.error({ err }, 'print job failed');
    channel.nack(msg, false, false);
  }
}

async function main() {
  const connection = await amqp.connect(process.env.AMQP_URL as string);
  const channel = await connection.createChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  await channel.prefetch(2);
  await channel.consume(QUEUE, (msg) => handle(channel, msg));
  log.info('waiting for jobs');
}

main().catch((err) => {
  log.fatal({ err }, 'worker stopped');
  process.exit(1);
});
