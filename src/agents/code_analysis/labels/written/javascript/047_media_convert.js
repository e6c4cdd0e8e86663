const { execFile } = require('child_process');
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');

const run = promisify(execFile);
const SOURCES = path.join(__dirname, 'originals');
const CACHE = path.join(__dirname, 'cache');
const WIDTHS = new Set([160, 320, 640, 1280]);

async function exists(file) {
  try {
    await fs.promises.access(file, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function convert(id, width) {
  const source = path.join(SOURCES, `${id}.png`);
  const target = path.join(CACHE, `${id}-${width}.png`);
  if (!(await exists(source))) {
    return null;
  }
  if (!(await exists(target))) {
    await run('convert', [`png:${source}`, '-resize', `${width}x`, `png:${target}`], {
      timeout: 20000,
      windowsHide: true,
    });
  }
  return target;
}

module.exports = async function mediaRoutes(fastify) {
  fastify.get('/media/:id', async (request, reply) => {
    const id = Number(request.params.id);
    const width = Number(request.query.width || 640);
    if (!Number.isSafeInteger(id) || id < 1 || !WIDTHS.has(width)) {
      return reply.code(400).send({ error: 'unknown image size' });
    }
    const file = await convert(id, width);
    if (!file) {
      return reply.code(404).send({ error: 'unknown image' });
    }
    return reply.type('image/png').send(fs.createReadStream(file));
  });
};
