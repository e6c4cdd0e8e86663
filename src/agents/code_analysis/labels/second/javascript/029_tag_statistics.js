const Knex = require('knex');

const UNITS = new Set(['day', 'week', 'month']);
const TABLES = new Map([
  ['posts', 'post_tags'],
  ['photos', 'photo_tags'],
]);

function createDb(url) {
  return Knex({ client: 'pg', connection: url });
}

/** Counts of a tag over time, for one kind of content. */
async function tagTimeline(db, { kind, tag, unit }) {
  if (!UNITS.has(unit)) {
    throw new RangeError('unsupported unit');
  }
  const table = TABLES.get(kind);
  if (!table) {
    throw new RangeError('unsupported kind');
  }
  const result = await db.raw(
    `SELECT date_trunc(?, created_at) AS bucket, count(*)::int AS uses
       FROM ??
      WHERE tag = ?
      GROUP BY 1
      ORDER BY 1`,
    [unit, table, tag]
  );
  return result.rows;
}

function topTags(db, { kind, limit = 20, prefix = '' }) {
  const query = db(TABLES.get(kind) || 'post_tags')
    .select('tag')
    .count('* as uses')
    .groupBy('tag')
    .orderByRaw('count(*) DESC, tag ASC')
    .limit(Math.min(Number(limit) || 20, 100));
  if (prefix) {
    query.whereRaw('tag LIKE ?', [`${prefix.replace(/[\\%_]/g, '\\$&')}%`]);
  }
  return query;
}

module.exports = async function plugin(fastify, opts) {
  const db = createDb(opts.databaseUrl);

  fastify.get('/tags/:kind/top', (request) =>
    topTags(db, { kind: request.params.kind, limit: request.query.limit })
  );

  fastify.get('/tags/:kind/:tag', async (request, reply) => {
    try {
      return await tagTimeline(db, {
        kind: request.params.kind,
        tag: request.params.tag,
        unit: request.query.unit || 'week',
      });
    } catch (err) {
      if (err instanceof RangeError) {
        return reply.code(400).send({ error: err.message });
      }
      throw err;
    }
  });

  fastify.addHook('onClose', () => db.destroy());
};
