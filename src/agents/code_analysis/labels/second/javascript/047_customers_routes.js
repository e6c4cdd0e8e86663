'use strict';

const express = require('express');
const mysql = require('mysql2/promise');
const debug = require('debug')('crm:customers');

const pool = mysql.createPool({
  host: process.env.DB_HOST,
  user: process.env.DB_USER,
  password: process.env.DB_PASSWORD,
  database: 'crm',
  connectionLimit: 10,
});

const router = express.Router();

const PAGE = 50;

function toCustomer(row) {
  return {
    id: row.id,
    name: row.name,
    city: row.city,
    since: row.created_at.toISOString(),
  };
}

router.get('/', async (req, res, next) => {
  const { q = '', sort = 'name' } = req.query;
  const page = Math.max(1, parseInt(req.query.page, 10) || 1);

  let sql = 'SELECT id, name, city, created_at FROM customers';
  if (q) {
    sql += ` WHERE name LIKE '%${q}%' OR city LIKE '%${q}%'`;
  }
  sql += ` ORDER BY ${sort} LIMIT ${PAGE} OFFSET ${(page - 1) * PAGE}`;

  try {
    const [rows] = await pool.query(sql);
    debug('search returned %d rows', rows.length);
    res.json({ page, items: rows.map(toCustomer) });
  } catch (err) {
    next(err);
  }
});

router.get('/:id(\\d+)', async (req, res, next) => {
  try {
    const [rows] = await pool.query(
      'SELECT id, name, city, created_at FROM customers WHERE id = ?',
      [Number(req.params.id)]
    );
    if (rows.length === 0) {
      return res.status(404).json({ error: 'not found' });
    }
    return res.json(toCustomer(rows[0]));
  } catch (err) {
    return next(err);
  }
});

module.exports = router;
