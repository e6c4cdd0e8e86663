const express = require('express');
const axios = require('axios');
const sharp = require('sharp');
const LRU = require('lru-cache');

const app = express();
const cache = new LRU({ max: 200, ttl: 10 * 60 * 1000 });

const client = axios.create({
  timeout: 8000,
  responseType: 'arraybuffer',
  maxContentLength: 10 * 1024 * 1024,
  headers: { 'User-Agent': 'image-proxy/2.0' },
});

function dimension(value, fallback) {
  const n = parseInt(value, 10);
  return n > 0 && n <= 2000 ? n : fallback;
}

async function load(address) {
  const hit = cache.get(address);
  if (hit) {
    return hit;
  }
  const response = await client.get(address);
  const image = {
    data: Buffer.from(response.data),
    type: response.headers['content-type'] || '',
  };
  cache.set(address, image);
  return image;
}

app.get('/img', async (req, res) => {
  const { src, w, h } = req.query;
  if (!src) {
    return res.status(400).send('src is required');
  }
  let image;
  try {
    image = await load(src);
  } catch (err) {
    return res.status(502).send('source is not available');
  }
  if (!image.type.startsWith('image/') || image.type.includes('svg')) {
    return res.status(415).send('not an image');
  }
  try {
    const out = await sharp(image.data)
      .resize(dimension(w, 320), dimension(h, null), { fit: 'inside' })
      .webp()
      .toBuffer();
    res.set('Cache-Control', 'public, max-age=3600');
    return res.type('image/webp').send(out);
  } catch (err) {
    return res.status(422).send('image could not be read');
  }
});

app.listen(process.env.PORT || 3300, '127.0.0.1');
