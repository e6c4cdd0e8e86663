'use strict';

const express = require('express');
const { MongoClient, ObjectId } = require('mongodb');
const winston = require('winston');

const logger = winston.createLogger({ transports: [new winston.transports.Console()] });
const router = express.Router();
router.use(express.json({ limit: '50kb' }));

let collection;

async function init() {
  const client = new MongoClient(process.env.MONGO_URL);
  await client.connect();
  collection = client.db('rules').collection('rules');
}

class Rule {
  constructor({ name, when, then }) {
    this.name = String(name);
    this.when = String(when);
    this.then = String(then);
    this.compiled = null;
  }

  compile() {
    if (!this.compiled) {
      this.compiled = new Function('order', 'customer', `return (${this.when});`);
    }
    return this.compiled;
  }

  matches(order, customer) {
    try {
      return Boolean(this.compile()(order, customer));
    } catch (err) {
      logger.warn('a rule failed', { kind: err.name });
      return false;
    }
  }
}

const SAMPLE = {
  order: { total: 120, items: 3, country: 'DE' },
  customer: { vip: false, orders: 4 },
};

router.post('/rules', async (req, res, next) => {
  try {
    const rule = new Rule(req.body);
    const onSample = rule.matches(SAMPLE.order, SAMPLE.customer);
    const result = await collection.insertOne({ name: rule.name, when: rule.when, then: rule.then });
    res.status(201).json({ id: result.insertedId, onSample });
  } catch (err) {
    next(err);
  }
});

router.delete('/rules/:id', async (req, res, next) => {
  if (!ObjectId.isValid(req.params.id)) {
    return res.sendStatus(404);
  }
  try {
    await collection.deleteOne({ _id: new ObjectId(req.params.id) });
    return res.sendStatus(204);
  } catch (err) {
    return next(err);
  }
});

module.exports = { router, init };
