import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import PDFDocument from 'pdfkit';
import express from 'express';

const run = promisify(execFile);
const PRINTERS = { office: 'hp_office', stock: 'hp_stock' };

function temporaryName(invoice) {
  return path.join(os.tmpdir(), `invoice-${Number(invoice.number)}.pdf`);
}

function draw(invoice, stream) {
  const doc = new PDFDocument({ size: 'A4', margin: 50 });
  doc.pipe(stream);
  doc.fontSize(20).text(`Invoice ${Number(invoice.number)}`);
  doc.fontSize(11).moveDown();
  for (const line of invoice.lines) {
    doc.text(`${line.quantity} x ${line.title}: ${(line.cents / 100).toFixed(2)} EUR`);
  }
  doc.end();
}

function writePdf(invoice) {
  const file = temporaryName(invoice);
  return new Promise((resolve, reject) => {
    const stream = fs.createWriteStream(file);
    stream.on('finish', () => resolve(file));
    stream.on('error', reject);
    draw(invoice, stream);
  });
}

async function print(invoice, place) {
  const file = await writePdf(invoice);
  try {
    await run('lp', ['-d', PRINTERS[place], '--', file], { timeout: 20000 });
  } finally {
    await fs.promises.unlink(file);
  }
}

export function printRoutes(invoices) {
  const router = express.Router();
  router.post('/invoices/:id/print', express.json(), async (req, res, next) => {
    const place = req.body.place;
    if (!Object.hasOwn(PRINTERS, place)) {
      return res.status(400).json({ error: 'unknown printer' });
    }
    try {
      const invoice = await invoices.find(Number(req.params.id), req.user.id);
      if (!invoice) {
        return res.sendStatus(404);
      }
      await print(invoice, place);
      return res.sendStatus(204);
    } catch (err) {
      return next(err);
    }
  });
  return router;
}
