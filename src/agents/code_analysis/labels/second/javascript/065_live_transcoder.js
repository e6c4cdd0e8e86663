import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { WebSocketServer } from 'ws';

const OUTPUT = process.env.OUTPUT_DIR ?? '/var/lib/transcoder';
const MAX_JOBS = 4;
const jobs = new Map();

function ffmpegArgs(message, target) {
  const args = ['-hide_banner', '-i', '/dev/video0', '-t', String(Number(message.seconds) || 10)];
  const { filters = [], format = 'mp4' } = message;
  if (filters.length > 0) {
    args.push('-vf', filters.join(','));
  }
  args.push('-f', format, target);
  return args;
}

function startJob(socket, message) {
  const id = randomUUID();
  const target = path.join(OUTPUT, `${id}.out`);
  const child = spawn('ffmpeg', ffmpegArgs(message, target), { shell: true });
  jobs.set(id, child);
  child.stderr.on('data', (chunk) => {
    const match = /time=([\d:.]+)/.exec(chunk.toString());
    if (match) {
      socket.send(JSON.stringify({ id, time: match[1] }));
    }
  });
  child.on('close', (code) => {
    jobs.delete(id);
    socket.send(JSON.stringify({ id, done: true, code }));
  });
  return id;
}

const server = createServer((req, res) => {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify({ running: jobs.size }));
});

const wss = new WebSocketServer({ server, path: '/transcode', maxPayload: 16 * 1024 });

wss.on('connection', (socket) => {
  socket.on('message', (data) => {
    let message;
    try {
      message = JSON.parse(data.toString());
    } catch {
      socket.close(1003, 'json expected');
      return;
    }
    if (message.type === 'start' && jobs.size < MAX_JOBS) {
      socket.send(JSON.stringify({ started: startJob(socket, message) }));
    } else if (message.type === 'stop' && jobs.has(message.id)) {
      jobs.get(message.id).kill('SIGTERM');
    }
  });
});

server.listen(Number(process.env.PORT ?? 8088), '127.0.0.1');
