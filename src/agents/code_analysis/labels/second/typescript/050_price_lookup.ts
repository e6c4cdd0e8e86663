import type { FastifyInstance } from 'fastify'
import knexFactory, { Knex } from 'knex'

const knex: Knex = knexFactory({
  client: 'mysql2',
  connection: process.env.MYSQL_URL,
})

const TABLES = { retail: 'prices_retail', trade: 'prices_trade' } as const
type PriceList = keyof typeof TABLES

interface PriceRow {
  sku: string
  net: string
  currency: string
}

async function pricesFor(list: PriceList, skus: string[]): Promise<PriceRow[]> {
  if (skus.length === 0) {
    return []
  }
  const placeholders = skus.map(() => '?').join(', ')
  const sql = `select sku, net, currency from ${TABLES[list]} where sku in (${placeholders})`
  const [rows] = await knex.raw(sql, skus)
  return rows as PriceRow[]
}

const bodySchema = {
  type: 'object',
  required: ['list', 'skus'],
  additionalProperties: false,
  properties: {
    list: { type: 'string', enum: ['retail', 'trade'] },
    skus: {
      type: 'array',
      maxItems: 200,
      items: { type: 'string', maxLength: 32 },
    },
  },
} as const

export default async function priceRoutes(app: FastifyInstance) {
  app.post<{ Body: { list: PriceList; skus: string[] } }>(
    '/prices/lookup',
    { schema: { body: bodySchema } },
    async (request) => {
      const rows = await pricesFor(request.body.list, request.body.skus)
      const bySku = new Map(rows.map((r) => [r.sku, r]))
      request.log.debug({ asked: request.body.skus.length, found: bySku.size }, 'price lookup')
      return request.body.skus.map((sku) => bySku.get(sku) ?? null)
    },
  )
}
