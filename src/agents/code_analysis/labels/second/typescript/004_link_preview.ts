import express, { Request, Response } from 'express';
import axios, { AxiosInstance } from 'axios';
import * as cheerio from 'cheerio';
import NodeCache from 'node-cache';

interface Preview {
  url: string;
  title: string;
  description: string;
  image: string | null;
}

const cache = new NodeCache({ stdTTL: 3600, maxKeys: 5000 });
const http: AxiosInstance = axios.create({
  timeout: 4000,
  maxContentLength: 512 * 1024,
  headers: { 'User-Agent': 'preview-bot/1.2' },
  responseType: 'text',
});

function meta($: cheerio.CheerioAPI, name: string): string {
  const el = $(`meta[property="og:${name}"], meta[name="${name}"]`).first();
  return (el.attr('content') ?? '').trim();
}

async function fetchPreview(url: string): Promise<Preview> {
  const response = await http.get<string>(url);
  const $ = cheerio.load(response.data);
  return {
    url,
    title: meta($, 'title') || $('title').text().trim(),
    description: meta($, 'description') || $('body').text().slice(0, 280),
    image: meta($, 'image') || null,
  };
}

export const previewRouter = express.Router();

previewRouter.get('/preview', async (req: Request, res: Response) => {
  const url = req.query.url;
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url)) {
    return res.status(400).json({ error: 'url must be http or https' });
  }
  const cached = cache.get<Preview>(url);
  if (cached) {
    return res.json(cached);
  }
  try {
    const preview = await fetchPreview(url);
    cache.set(url, preview);
    return res.json(preview);
  } catch {
    return res.status(502).json({ error: 'the page could not be loaded' });
  }
});
