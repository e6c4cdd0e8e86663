const { exec } = require('child_process');
const fs = require('fs');
const path = require('path');
const crypto = require('crypto');
const fastify = require('fastify')({ logger: true });

const SOURCES = path.join(__dirname, 'originals');
const CACHE = path.join(__dirname, 'cache');

function convert(source, target, width) {
  return new Promise((resolve, reject) => {
    exec(`convert ${source} -resize ${width}x ${target}`, (err) => {
      if (err) return reject(err);
      return resolve(target);
    });
  });
}

fastify.get('/images/:id', async (request, reply) => {
  const id = Number.parseInt(request.params.id, 10);
  const width = request.query.width || '640';
  const source = path.join(SOURCES, `${id}.png`);
  if (!fs.existsSync(source)) {
    return reply.code(404).send({ error: 'unknown image' });
  }
  const name = crypto.createHash('sha256').update(`${id}:${width}`).digest('hex');
  const target = path.join(CACHE, `${name}.png`);
  if (!fs.existsSync(target)) {
    await convert(source, target, width);
  }
  return reply.type('image/png').send(fs.createReadStream(target));
});

fastify.listen({ port: Number(process.env.PORT) || 3000 });
