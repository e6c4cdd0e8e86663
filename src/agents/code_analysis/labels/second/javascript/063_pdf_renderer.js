import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PAPER = { a4: 'A4', letter: 'Letter', a5: 'A5' };
const LIMIT = 2 * 1024 * 1024;

export class RenderError extends Error {}

function argumentsFor(options = {}) {
  const size = Object.hasOwn(PAPER, options.paper) ? PAPER[options.paper] : PAPER.a4;
  const margin = Math.min(Math.max(Number(options.margin) || 10, 0), 50);
  const args = [
    '--quiet',
    '--disable-javascript',
    '--disable-local-file-access',
    '--page-size',
    size,
    '--margin-top',
    `${margin}mm`,
    '--margin-bottom',
    `${margin}mm`,
  ];
  if (options.landscape === true) {
    args.push('--orientation', 'Landscape');
  }
  return [...args, '-', '-'];
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function renderPdf(html, options) {
  if (Buffer.byteLength(html) > LIMIT) {
    throw new RenderError('document is too large');
  }
  const child = spawn('wkhtmltopdf', argumentsFor(options), {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 30_000,
  });
  child.stdin.end(html);
  const [pdf, [code]] = await Promise.all([collect(child.stdout), once(child, 'close')]);
  if (code !== 0) {
    throw new RenderError(`renderer ended with ${code}`);
  }
  return pdf;
}

const REPORT_HTML = '<!doctype html><meta charset="utf-8"><h1>Monthly report</h1>';

export async function renderMonthlyReport(table) {
  const rows = table
    .map((r) => `<tr><td>${Number(r.month)}</td><td>${Number(r.total).toFixed(2)}</td></tr>`)
    .join('');
  return renderPdf(`${REPORT_HTML}<table>${rows}</table>`, { paper: 'a4' });
}
