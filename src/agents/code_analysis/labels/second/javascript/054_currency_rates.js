const axios = require('axios');
const express = require('express');
const createError = require('http-errors');

const UPSTREAMS = {
  ecb: axios.create({ baseURL: 'https://rates.example.org/v1', timeout: 5000, maxRedirects: 0 }),
  bank: axios.create({
    baseURL: 'https://api.bank.example.com/fx',
    timeout: 5000,
    maxRedirects: 0,
    headers: { 'X-Api-Key': process.env.BANK_API_KEY || '' },
  }),
};

const CODE = /^[A-Z]{3}$/;

function parsePair(query) {
  const from = String(query.from || '').toUpperCase();
  const to = String(query.to || '').toUpperCase();
  if (!CODE.test(from) || !CODE.test(to)) {
    throw createError(400, 'currency codes have three letters');
  }
  return { from, to };
}

function upstream(name) {
  switch (name) {
    case undefined:
    case 'ecb':
      return UPSTREAMS.ecb;
    case 'bank':
      return UPSTREAMS.bank;
    default:
      throw createError(404, 'unknown source');
  }
}

async function fetchRate(client, { from, to }) {
  const { data } = await client.get(`/rate/${from}/${to}`, { params: { precision: 6 } });
  const rate = Number(data.rate);
  if (!Number.isFinite(rate)) {
    throw createError(502, 'no rate');
  }
  return rate;
}

const router = express.Router();

router.get('/rate', async (req, res, next) => {
  try {
    const pair = parsePair(req.query);
    const rate = await fetchRate(upstream(req.query.source), pair);
    res.json({ ...pair, rate });
  } catch (err) {
    if (axios.isAxiosError(err)) {
      next(createError(502, 'source is not available'));
    } else {
      next(err);
    }
  }
});

module.exports = router;
