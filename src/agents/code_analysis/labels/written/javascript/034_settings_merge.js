'use strict';

const express = require('express');

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function merge(target, source) {
  for (const key of Object.keys(source)) {
    const value = source[key];
    if (isObject(value) && isObject(target[key])) {
      merge(target[key], value);
    } else {
      target[key] = value;
    }
  }
  return target;
}

const DEFAULTS = Object.freeze({ language: 'en', digest: 'weekly' });

function settingsRouter(store) {
  const router = express.Router();
  router.use(express.json({ limit: '50kb' }));

  router.patch('/settings', async (req, res, next) => {
    try {
      const current = (await store.load(req.user.id)) || { ...DEFAULTS };
      const updated = merge(current, req.body);
      await store.save(req.user.id, updated);
      res.json(updated);
    } catch (err) {
      next(err);
    }
  });
  return router;
}

module.exports = settingsRouter;
