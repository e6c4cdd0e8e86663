'use strict';

const crypto = require('crypto');
const http = require('http');
const { URL } = require('url');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const rooms = new Map();

function acceptKey(key) {
  return crypto.createHash('sha1').update(key + GUID).digest('base64');
}

function headerBlock(status, headers) {
  const lines = [`HTTP/1.1 ${status}`];
  for (const [name, value] of Object.entries(headers)) {
    lines.push(`${name}: ${value}`);
  }
  return lines.join('\r\n') + '\r\n\r\n';
}

function refuse(socket, status) {
  socket.end(headerBlock(status, { Connection: 'close', 'Content-Length': 0 }));
}

const server = http.createServer((req, res) => {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify({ rooms: rooms.size }));
});

server.on('upgrade', (req, socket) => {
  const key = req.headers['sec-websocket-key'];
  if (!key || String(req.headers.upgrade).toLowerCase() !== 'websocket') {
    refuse(socket, '400 Bad Request');
    return;
  }
  const url = new URL(req.url, 'http://localhost');
  const room = url.searchParams.get('room') || 'lobby';
  const members = rooms.get(room) || new Set();
  rooms.set(room, members);
  members.add(socket);

  const block = headerBlock('101 Switching Protocols', {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(key),
    'X-Room': room,
  });
  socket.write(block);

  socket.on('data', (frame) => {
    for (const other of members) {
      if (other !== socket && !other.destroyed) {
        other.write(Buffer.from([frame[0], 0]));
      }
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => members.delete(socket));
});

server.listen(8700, '127.0.0.1');
