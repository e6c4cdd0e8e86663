const fastify = require('fastify')({ logger: true, trustProxy: true });
const Knex = require('knex');

const knex = Knex({
  client: 'pg',
  connection: process.env.DATABASE_URL,
  pool: { min: 0, max: 8 },
});

class SalesReport {
  constructor(db) {
    this.db = db;
    this.group = 'month';
    this.region = null;
  }

  configure(options) {
    if (options.groupBy) this.group = options.groupBy;
    if (options.region) this.region = options.region;
    return this;
  }

  sql() {
    const filter = this.region ? `AND region = '${this.region}'` : '';
    return `
      SELECT date_trunc('${this.group}', sold_at) AS bucket,
             count(*) AS orders,
             sum(total_cents) AS revenue
        FROM sales
       WHERE NOT refunded ${filter}
       GROUP BY 1
       ORDER BY 1`;
  }

  async run() {
    const result = await this.db.raw(this.sql());
    return result.rows.map((r) => ({
      bucket: r.bucket,
      orders: Number(r.orders),
      revenue: Number(r.revenue) / 100,
    }));
  }
}

fastify.get('/reports/sales', async (request) => {
  const report = new SalesReport(knex).configure(request.query);
  return { rows: await report.run() };
});

fastify.get('/reports/regions', async () => {
  return knex('sales').distinct('region').orderBy('region').pluck('region');
});

fastify.addHook('onClose', async () => {
  await knex.destroy();
});

fastify.setErrorHandler((err, request, reply) => {
  request.log.error(err);
  reply.code(500).send({ error: 'report failed' });
});

fastify.listen({ port: Number(process.env.PORT) || 3100, host: '127.0.0.1' });
