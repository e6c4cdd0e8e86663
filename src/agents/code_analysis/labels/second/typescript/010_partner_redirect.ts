import Fastify, { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, register } from 'prom-client';

const app = Fastify({ logger: true });

const clicks = new Counter({
  name: 'partner_clicks_total',
  help: 'Outgoing partner clicks',
  labelNames: ['partner'],
});

interface Partner {
  id: string;
  landing: string;
  campaigns: Record<string, string>;
}

const PARTNERS: Partner[] = [
  {
    id: 'alpine',
    landing: 'https://www.alpine-gear.example/',
    campaigns: { summer: 'https://www.alpine-gear.example/summer', sale: 'https://www.alpine-gear.example/sale' },
  },
  {
    id: 'harbor',
    landing: 'https://harbor.example/shop',
    campaigns: { spring: 'https://harbor.example/shop?c=spring' },
  },
];

const byId = new Map(PARTNERS.map((p) => [p.id, { landing: p.landing, campaigns: new Map(Object.entries(p.campaigns)) }]));

type Go = FastifyRequest<{ Params: { partner: string }; Querystring: { campaign?: string } }>;

app.get('/go/:partner', async (request: Go, reply: FastifyReply) => {
  const partner = byId.get(request.params.partner);
  if (!partner) {
    return reply.code(404).send({ error: 'unknown partner' });
  }
  const target = partner.campaigns.get(request.query.campaign ?? '') ?? partner.landing;
  clicks.inc({ partner: request.params.partner });
  return reply.header('Referrer-Policy', 'origin').redirect(302, target);
});

const metrics = Fastify();
metrics.get('/metrics', async (_request, reply) => {
  reply.type(register.contentType);
  return register.metrics();
});

async function start() {
  await metrics.listen({ port: 9100, host: '127.0.0.1' });
  await app.listen({ port: Number(process.env.PORT ?? 3000), host: '0.0.0.0' });
}

start().catch((err) => {
  app.log.error(err);
  process.exit(1);
});
