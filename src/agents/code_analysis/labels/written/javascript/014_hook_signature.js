const crypto = require('crypto');
const fastify = require('fastify')({ logger: true, bodyLimit: 262144 });

const KEY = process.env.HOOK_KEY;

fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (req, body, done) =>
  done(null, body)
);

function sign(body, timestamp) {
  return crypto.createHmac('sha256', KEY).update(`${timestamp}.`).update(body).digest('hex');
}

async function checkSignature(request, reply) {
  const timestamp = request.headers['x-hook-time'];
  const signature = request.headers['x-hook-signature'];
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) {
    return reply.code(400).send({ error: 'stale' });
  }
  if (sign(request.body, timestamp) !== signature) {
    return reply.code(403).send({ error: 'signature' });
  }
  return undefined;
}

fastify.post('/hooks/shipping', { preHandler: checkSignature }, async (request, reply) => {
  const event = JSON.parse(request.body.toString('utf8'));
  request.log.info({ type: event.type }, 'event received');
  return reply.code(202).send();
});

fastify.listen({ port: 3003 });
