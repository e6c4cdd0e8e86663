import { WebSocketServer } from 'ws';
import { EventEmitter } from 'node:events';

const MAX_DEPTH = 12;

function setAt(root, dotted, value) {
  const keys = dotted.split('.');
  if (keys.length > MAX_DEPTH) {
    throw new RangeError('path is too deep');
  }
  let node = root;
  for (let i = 0; i < keys.length - 1; i += 1) {
    if (typeof node[keys[i]] !== 'object' || node[keys[i]] === null) {
      node[keys[i]] = {};
    }
    node = node[keys[i]];
  }
  node[keys[keys.length - 1]] = value;
}

class SharedDocument extends EventEmitter {
  constructor(id) {
    super();
    this.id = id;
    this.version = 0;
    this.content = { title: '', sections: {} };
  }

  apply({ op, path, value }) {
    if (op !== 'set' || typeof path !== 'string') {
      throw new TypeError('unsupported operation');
    }
    setAt(this.content, path, value);
    this.version += 1;
    this.emit('change', { version: this.version, path, value });
  }
}

const documents = new Map();

function documentFor(id) {
  if (!documents.has(id)) {
    documents.set(id, new SharedDocument(id));
  }
  return documents.get(id);
}

const wss = new WebSocketServer({ port: 8200, host: '127.0.0.1', maxPayload: 65536 });

wss.on('connection', (socket, request) => {
  const id = new URL(request.url, 'ws://localhost').searchParams.get('doc') ?? 'default';
  const doc = documentFor(id);
  const forward = (change) => socket.send(JSON.stringify(change));
  doc.on('change', forward);
  socket.send(JSON.stringify({ version: doc.version, content: doc.content }));

  socket.on('message', (raw) => {
    try {
      doc.apply(JSON.parse(raw.toString()));
    } catch (err) {
      socket.send(JSON.stringify({ error: err.name }));
    }
  });
  socket.on('close', () => doc.off('change', forward));
});
