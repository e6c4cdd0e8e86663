import { Collection, MongoClient } from 'mongodb';
import Koa, { Context, Next } from 'koa';
import KoaRouter from '@koa/router';

interface Term {
  term: string;
  definition: string;
  language: string;
}

const LANGUAGES = new Set(['en', 'de', 'fr']);

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

class Glossary {
  constructor(private readonly terms: Collection<Term>) {}

  suggest(prefix: string, language: string): Promise<Term[]> {
    return this.terms
      .find({ language, term: { $regex: '^' + escapeRegExp(prefix), $options: 'i' } })
      .project<Term>({ _id: 0, term: 1, definition: 1, language: 1 })
      .limit(15)
      .toArray();
  }
}

async function errors(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (e) {
    ctx.app.emit('error', e, ctx);
    ctx.status = 500;
    ctx.body = { error: 'internal error' };
  }
}

export async function createApp(url: string): Promise<Koa> {
  const client = await MongoClient.connect(url);
  const glossary = new Glossary(client.db('content').collection<Term>('glossary'));
  const router = new KoaRouter();

  router.get('/glossary', async (ctx: Context) => {
    const { q, lang } = ctx.query;
    if (typeof q !== 'string' || q.length < 2 || q.length > 40) {
      ctx.status = 400;
      ctx.body = { error: 'q must have 2 to 40 characters' };
      return;
    }
    const language = typeof lang === 'string' && LANGUAGES.has(lang) ? lang : 'en';
    ctx.body = { terms: await glossary.suggest(q, language) };
  });

  const app = new Koa();
  app.use(errors);
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}
