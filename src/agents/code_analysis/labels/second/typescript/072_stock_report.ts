import type { FastifyInstance, FastifyRequest } from 'fastify'
import knexFactory, { Knex } from 'knex'

const knex: Knex = knexFactory({
  client: 'mysql2',
  connection: process.env.MYSQL_URL,
  pool: { min: 1, max: 8 },
})

interface ReportFilter {
  field: 'warehouse' | 'category' | 'supplier'
  value: string
}

interface ReportBody {
  filters: ReportFilter[]
  minQuantity: number
}

const FIELDS: Record<ReportFilter['field'], string> = {
  warehouse: 'w.code',
  category: 'p.category',
  supplier: 'p.supplier_code',
}

function toConditions(filters: ReportFilter[]): string[] {
  const conditions: string[] = []
  for (const f of filters) {
    const column = FIELDS[f.field]
    if (!column) continue
    conditions.push(`${column} = '${f.value}'`)
  }
  return conditions
}

async function runReport(body: ReportBody) {
  const conditions = toConditions(body.filters)
  conditions.push('s.quantity >= ?')
  const where = conditions.join(' and ')
  const [rows] = await knex.raw(
    `select p.sku, p.title, w.code as warehouse, s.quantity
       from stock s
       join products p on p.id = s.product_id
       join warehouses w on w.id = s.warehouse_id
      where ${where}
      order by p.sku`,
    [Number(body.minQuantity) || 0],
  )
  return rows
}

export default async function stockRoutes(app: FastifyInstance) {
  app.post('/reports/stock', async (request: FastifyRequest<{ Body: ReportBody }>, reply) => {
    const started = Date.now()
    const rows = await runReport(request.body)
    request.log.info({ ms: Date.now() - started, rows: rows.length }, 'stock report')
    return reply.send({ rows })
  })

  app.addHook('onClose', async () => {
    await knex.destroy()
  })
}
