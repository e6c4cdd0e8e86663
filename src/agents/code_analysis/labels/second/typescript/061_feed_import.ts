import express, { Request, Response } from 'express';
import axios from 'axios';
import { requireRole } from './middleware/roles';
import { importProducts } from './services/products';

const HOSTS = new Set(['feeds.partner-one.example', 'export.partner-two.example']);

class FeedError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

function feedUrl(raw: unknown): URL {
  if (typeof raw !== 'string') {
    throw new FeedError(400, 'url is required');
  }
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    throw new FeedError(400, 'url is malformed');
  }
  if (url.protocol !== 'https:' || !HOSTS.has(url.hostname) || url.port !== '' || url.username || url.password) {
    throw new FeedError(400, 'feed host is not allowed');
  }
  return url;
}

async function download(url: URL): Promise<unknown[]> {
  const response = await axios.get<unknown>(url.toString(), {
    timeout: 10_000,
    maxRedirects: 0,
    maxContentLength: 10 * 1024 * 1024,
    responseType: 'json',
  });
  if (!Array.isArray(response.data)) {
    throw new FeedError(422, 'feed is not a list');
  }
  return response.data;
}

export const feeds = express.Router();

feeds.post('/feeds/import', requireRole('catalog'), async (req: Request, res: Response) => {
  try {
    const items = await download(feedUrl(req.body.url));
    const count = await importProducts(items);
    return res.json({ imported: count });
  } catch (e) {
    if (e instanceof FeedError) {
      return res.status(e.status).json({ error: e.message });
    }
    console.error('feed import failed', e);
    return res.status(502).json({ error: 'feed could not be imported' });
  }
});
