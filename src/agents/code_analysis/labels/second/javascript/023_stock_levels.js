'use strict';

const express = require('express');
const mysql = require('mysql2/promise');

const MAX_SKUS = 100;

class StockRepository {
  constructor(pool) {
    this.pool = pool;
  }

  async levels(skus, warehouse) {
    if (skus.length === 0) {
      return [];
    }
    const marks = skus.map(() => '?').join(', ');
    const params = [...skus];
    let sql = `SELECT sku, warehouse, quantity FROM stock WHERE sku IN (${marks})`;
    if (warehouse) {
      sql += ' AND warehouse = ?';
      params.push(warehouse);
    }
    sql += ' ORDER BY sku, warehouse';
    const [rows] = await this.pool.execute(sql, params);
    return rows;
  }

  async adjust(sku, warehouse, delta) {
    const [result] = await this.pool.execute(
      'UPDATE stock SET quantity = quantity + ? WHERE sku = ? AND warehouse = ?',
      [delta, sku, warehouse]
    );
    return result.affectedRows === 1;
  }
}

function parseSkus(value) {
  return String(value || '')
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean)
    .slice(0, MAX_SKUS);
}

module.exports = function stockRoutes(config) {
  const repo = new StockRepository(mysql.createPool(config));
  const router = express.Router();

  router.get('/levels', async (req, res, next) => {
    try {
      const warehouse = req.query.warehouse ? String(req.query.warehouse) : null;
      const rows = await repo.levels(parseSkus(req.query.skus), warehouse);
      res.json(rows);
    } catch (err) {
      next(err);
    }
  });

  return router;
};
