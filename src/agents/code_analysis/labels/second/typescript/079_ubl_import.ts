import { FastifyInstance, FastifyRequest } from 'fastify'
import multipart from '@fastify/multipart'
import libxmljs, { Document, Element, ParserOptions } from 'libxmljs2'

interface InvoiceLine {
  description: string
  quantity: number
  amount: number
}

interface ParsedInvoice {
  number: string
  supplier: string
  note: string
  lines: InvoiceLine[]
}

const NS = {
  cbc: 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2',
  cac: 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2',
}

const OPTIONS: ParserOptions = { noblanks: true, noent: true, nocdata: true }

function text(node: Document | Element, xpath: string): string {
  const found = node.get(xpath, NS) as Element | null
  return found ? found.text().trim() : ''
}

function parseInvoice(xml: string): ParsedInvoice {
  const doc = libxmljs.parseXml(xml, OPTIONS)
  const lines = doc.find('//cac:InvoiceLine', NS) as Element[]
  return {
    number: text(doc, '/*/cbc:ID'),
    supplier: text(doc, '//cac:AccountingSupplierParty//cbc:Name'),
    note: text(doc, '/*/cbc:Note'),
    lines: lines.map((l) => ({
      description: text(l, './/cbc:Description'),
      quantity: Number(text(l, './cbc:InvoicedQuantity')),
      amount: Number(text(l, './cbc:LineExtensionAmount')),
    })),
  }
}

export default async function ublRoutes(app: FastifyInstance) {
  await app.register(multipart, { limits: { fileSize: 2 * 1024 * 1024, files: 1 } })

  app.post('/invoices/ubl', async (request: FastifyRequest, reply) => {
    const part = await request.file()
    if (!part) {
      return reply.code(400).send({ error: 'file missing' })
    }
    const xml = (await part.toBuffer()).toString('utf8')
    try {
      const invoice = parseInvoice(xml)
      request.log.info({ lines: invoice.lines.length }, 'invoice parsed')
      return reply.code(201).send(invoice)
    } catch {
      return reply.code(422).send({ error: 'not a valid UBL invoice' })
    }
  })
}
