import express, { Request, Response } from 'express';
import helmet from 'helmet';
import { SearchIndex, Hit } from './search-index';

const app = express();
app.use(helmet({ contentSecurityPolicy: false }));

const index = new SearchIndex(process.env.INDEX_DIR ?? './index');

function escapeHtml(s: string): string {
  return s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function renderHits(hits: Hit[]): string {
  if (hits.length === 0) {
    return '<p>Nothing found.</p>';
  }
  const items = hits.map(
    (h) => `<li><a href="/doc/${encodeURIComponent(h.id)}">${escapeHtml(h.title)}</a><p>${escapeHtml(h.excerpt)}</p></li>`,
  );
  return `<ol>${items.join('')}</ol>`;
}

function page(title: string, body: string): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<title>${title}</title><link rel="stylesheet" href="/site.css"></head>`,
    `<body><h1>${title}</h1>`,
    body,
    '</body></html>',
  ].join('\n');
}

app.get('/search', async (req: Request, res: Response) => {
  const q = String(req.query.q ?? '').slice(0, 200);
  const hits = q.length > 1 ? await index.find(q, 25) : [];
  const html = page('Results for ' + q, renderHits(hits));
  res.status(200).type('html').send(html);
});

app.get('/healthz', (_req, res) => {
  res.json({ ok: true, documents: index.size });
});

app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log('search is up');
});
