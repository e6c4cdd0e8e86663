const fastify = require('fastify')({ bodyLimit: 5 * 1024 * 1024 });

const RULES = {
  sku: /^[A-Z]{2,4}-\d{3,8}$/,
  name: /^(\w+\s?)*$/,
  price: /^\d{1,7}(\.\d{1,2})?$/,
};

const REQUIRED = ['sku', 'name', 'price'];

function splitLine(line) {
  return line.split(';').map((cell) => cell.trim());
}

class ImportCheck {
  constructor(header) {
    this.columns = splitLine(header.toLowerCase());
    this.errors = [];
    this.accepted = 0;
  }

  missing() {
    return REQUIRED.filter((name) => !this.columns.includes(name));
  }

  cell(column, text) {
    const rule = RULES[column];
    return !rule || rule.test(text);
  }

  line(text, number) {
    const cells = splitLine(text);
    const bad = this.columns.filter((column, i) => !this.cell(column, cells[i] || ''));
    if (bad.length > 0) {
      this.errors.push({ line: number, columns: bad });
    } else {
      this.accepted += 1;
    }
  }
}

fastify.addContentTypeParser('text/csv', { parseAs: 'string' }, (req, body, done) => {
  done(null, body);
});

fastify.post('/imports/check', async (request, reply) => {
  const lines = String(request.body || '').split(/\r?\n/);
  const check = new ImportCheck(lines.shift() || '');
  const missing = check.missing();
  if (missing.length > 0) {
    return reply.code(422).send({ missing });
  }
  lines.forEach((text, i) => {
    if (text) {
      check.line(text, i + 2);
    }
  });
  return { accepted: check.accepted, errors: check.errors.slice(0, 100) };
});

fastify.listen({ port: 3400, host: '127.0.0.1' });
