const http = require('http');
const libxmljs = require('libxmljs2');
const { Pool } = require('pg');
const bunyan = require('bunyan');

const log = bunyan.createLogger({ name: 'edi' });
const pool = new Pool({ connectionString: process.env.DATABASE_URL });

const PARSE_OPTIONS = { noent: true, nonet: false, dtdload: true, noblanks: true };

function body(req, limit = 1 << 20) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    req.on('data', (chunk) => {
      size += chunk.length;
      if (size > limit) {
        req.destroy();
        reject(new Error('too large'));
      }
      chunks.push(chunk);
    });
    req.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    req.on('error', reject);
  });
}

function text(node, xpath) {
  const found = node.get(xpath);
  return found ? found.text() : null;
}

function parseOrder(xml) {
  const doc = libxmljs.parseXml(xml, PARSE_OPTIONS);
  const root = doc.root();
  return {
    number: text(root, 'number'),
    buyer: text(root, 'buyer/name'),
    comment: text(root, 'comment'),
    lines: root.find('line').map((line) => ({
      sku: text(line, 'sku'),
      quantity: Number(text(line, 'quantity')),
    })),
  };
}

async function store(order) {
  await pool.query('INSERT INTO edi_orders (number, buyer, body) VALUES ($1, $2, $3)', [
    order.number,
    order.buyer,
    JSON.stringify(order),
  ]);
}

http
  .createServer(async (req, res) => {
    if (req.method !== 'POST' || req.url !== '/orders') {
      res.writeHead(404).end();
      return;
    }
    try {
      const order = parseOrder(await body(req));
      await store(order);
      res.writeHead(201, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify({ number: order.number, comment: order.comment }));
    } catch (err) {
      log.error({ err }, 'order was not accepted');
      res.writeHead(400).end();
    }
  })
  .listen(8500, '127.0.0.1');
