const fs = require('fs/promises');
const os = require('os');
const path = require('path');

function toLine(record, columns) {
  return columns
    .map((column) => {
      const text = String(record[column] ?? '');
      const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return `"${plain.replace(/"/g, '""')}"`;
    })
    .join(',');
}

async function withSpool(columns, records, use) {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'spool-'));
  try {
    const file = path.join(dir, 'records.csv');
    const handle = await fs.open(file, 'wx', 0o600);
    try {
      await handle.write(`${columns.join(',')}\n`);
      for await (const record of records) {
        await handle.write(`${toLine(record, columns)}\n`);
      }
    } finally {
      await handle.close();
    }
    return await use(file);
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}

async function sendStatement(mailer, repository, month) {
  const columns = ['day', 'text', 'amount'];
  return withSpool(columns, repository.entries(month), (file) =>
    mailer.sendFile('accounting@shop.example', `Statement ${month}`, file)
  );
}

module.exports = { withSpool, sendStatement };
