import libxmljs, { Element, ParserOptions } from 'libxmljs2';
import { FastifyInstance, FastifyRequest } from 'fastify';

export interface SitemapEntry {
  loc: string;
  lastmod: string | null;
  priority: number;
}

export class SitemapError extends Error {}

const MAX_BYTES = 1024 * 1024;
const MAX_ENTRIES = 10_000;
const NS = { s: 'http://www.sitemaps.org/schemas/sitemap/0.9' };
const OPTIONS: ParserOptions = { noent: false, nonet: true, dtdload: false, dtdattr: false, huge: false };

function child(node: Element, name: string): string | null {
  const found = node.get(`./s:${name}`, NS) as Element | null;
  return found ? found.text().trim() : null;
}

function httpUrl(value: string | null): string | null {
  try {
    const url = new URL(value ?? '');
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

export function readSitemap(xml: string): SitemapEntry[] {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) {
    throw new SitemapError('document type declarations are not supported');
  }
  const doc = libxmljs.parseXml(xml, OPTIONS);
  const nodes = doc.find('/s:urlset/s:url', NS) as Element[];
  const entries: SitemapEntry[] = [];
  for (const node of nodes.slice(0, MAX_ENTRIES)) {
    const loc = httpUrl(child(node, 'loc'));
    if (!loc) {
      continue;
    }
    const priority = Number(child(node, 'priority') ?? '0.5');
    entries.push({ loc, lastmod: child(node, 'lastmod'), priority: Number.isFinite(priority) ? priority : 0.5 });
  }
  return entries;
}

export default async function sitemapRoutes(app: FastifyInstance) {
  app.addContentTypeParser(['application/xml', 'text/xml'], { parseAs: 'string', bodyLimit: MAX_BYTES }, (_req, body, done) =>
    done(null, body),
  );

  app.post('/sitemaps/check', async (request: FastifyRequest<{ Body: string }>, reply) => {
    try {
      const entries = readSitemap(request.body);
      return { count: entries.length, dated: entries.filter((e) => e.lastmod).length };
    } catch (e) {
      request.log.info('sitemap rejected');
      return reply.code(422).send({ error: 'not a valid sitemap' });
    }
  });
}
