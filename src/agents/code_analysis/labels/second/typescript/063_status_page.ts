import express, { Request, Response } from 'express';
import helmet from 'helmet';
import { loadServices, ServiceState } from './services';

const app = express();
app.use(helmet());

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function h(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

function row(s: ServiceState): string {
  const css = s.healthy ? 'ok' : 'down';
  return `<tr class="${css}"><td>${h(s.name)}</td><td>${h(s.message)}</td><td>${h(s.checkedAt.toISOString())}</td></tr>`;
}

function render(filter: string, services: ServiceState[]): string {
  const rows = services.map(row).join('\n');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Status</title></head>
<body>
  <form method="get"><input name="q" value="${h(filter)}"><button>Filter</button></form>
  <p>${services.length} services match &ldquo;${h(filter)}&rdquo;</p>
  <table>${rows}</table>
</body>
</html>`;
}

app.get('/status', async (req: Request, res: Response) => {
  const filter = typeof req.query.q === 'string' ? req.query.q.slice(0, 100) : '';
  try {
    const services = await loadServices();
    const wanted = filter.toLowerCase();
    const shown = services.filter((s) => s.name.toLowerCase().includes(wanted));
    res.type('html').send(render(filter, shown));
  } catch (e) {
    console.error('status page failed', e);
    res.status(503).type('html').send('<p>Status is not available.</p>');
  }
});

app.listen(Number(process.env.PORT ?? 3001));
