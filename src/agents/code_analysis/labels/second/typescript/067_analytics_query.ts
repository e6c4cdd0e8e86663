import { Collection, Db, MongoClient, Filter, Document } from 'mongodb';
import Koa, { Context } from 'koa';
import KoaRouter from '@koa/router';

interface Visit {
  path: string;
  country: string;
  durationMs: number;
  at: Date;
}

class VisitStore {
  private readonly visits: Collection<Visit>;

  constructor(db: Db) {
    this.visits = db.collection<Visit>('visits');
  }

  async slow(country: string, factor: number): Promise<Visit[]> {
    const filter = this.expression(country, factor);
    return this.visits.find(filter as Filter<Visit>).sort({ durationMs: -1 }).limit(100).toArray();
  }

  private expression(country: string, factor: number): Document {
    const script = [
      'function() {',
      `  return this.country === "${country}" && this.durationMs > ${factor} * this.path.length;`,
      '}',
    ].join('\n');
    return { $where: script };
  }

  count(since: Date): Promise<number> {
    return this.visits.countDocuments({ at: { $gte: since } });
  }
}

async function main() {
  const client = await MongoClient.connect(process.env.MONGO_URL ?? 'mongodb://localhost:27017');
  const store = new VisitStore(client.db('analytics'));
  const router = new KoaRouter({ prefix: '/analytics' });

  router.get('/slow', async (ctx: Context) => {
    const country = String(ctx.query.country ?? 'CH');
    const factor = Number(ctx.query.factor ?? 100);
    if (!Number.isFinite(factor)) {
      ctx.throw(400, 'factor must be a number');
    }
    ctx.body = { visits: await store.slow(country, factor) };
  });

  router.get('/count', async (ctx: Context) => {
    const days = Math.min(Number(ctx.query.days) || 7, 90);
    ctx.body = { count: await store.count(new Date(Date.now() - days * 86_400_000)) };
  });

  const app = new Koa();
  app.use(router.routes()).use(router.allowedMethods());
  app.listen(Number(process.env.PORT ?? 3000));
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
