'use strict';

const fs = require('fs');
const Hapi = require('@hapi/hapi');
const util = require('util');

const FILE = process.env.JOURNAL || '/var/log/door/journal.log';

class Journal {
  constructor(file) {
    this.stream = fs.createWriteStream(file, { flags: 'a', mode: 0o640 });
  }

  entry(kind, text) {
    const stamp = new Date().toISOString();
    this.stream.write(`${stamp} ${kind.padEnd(8)} ${text}\n`);
  }

  granted(door, holder) {
    this.entry('GRANTED', util.format('door=%d holder=%s', door, holder));
  }

  denied(door, holder, reason) {
    this.entry('DENIED', 'door=' + door + ' holder=' + holder + ' reason=' + reason);
  }
}

async function start(permissions) {
  const journal = new Journal(FILE);
  const server = Hapi.server({ host: '127.0.0.1', port: 7000 });

  server.route({
    method: 'POST',
    path: '/doors/{door}/open',
    handler: async (request, h) => {
      const door = Number(request.params.door);
      const { badge, name } = request.payload;
      const allowed = await permissions.check(door, String(badge));
      if (!allowed) {
        journal.denied(door, name, 'no permission');
        return h.response({ open: false }).code(403);
      }
      journal.granted(door, name);
      return { open: true };
    },
  });

  server.route({
    method: 'GET',
    path: '/healthz',
    handler: () => ({ ok: true }),
  });

  await server.start();
  return server;
}

module.exports = { start, Journal };
