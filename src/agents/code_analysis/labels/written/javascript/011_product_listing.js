const mysql = require('mysql2/promise');

const pool = mysql.createPool({
  host: process.env.DB_HOST,
  user: process.env.DB_USER,
  password: process.env.DB_PASSWORD,
  database: 'catalogue',
});

const SORT_COLUMNS = new Map([
  ['name', 'p.name'],
  ['price', 'p.price'],
  ['newest', 'p.created_at'],
]);

const escapeLike = (text) => text.replace(/[\\%_]/g, (c) => `\\${c}`);

async function listProducts({ text, sort, direction, page }) {
  const column = SORT_COLUMNS.get(sort) || 'p.name';
  const order = direction === 'desc' ? 'DESC' : 'ASC';
  const params = [];
  let sql = 'SELECT p.id, p.name, p.price FROM products p WHERE p.active = 1';
  if (text) {
    sql += ' AND p.name LIKE ?';
    params.push(`%${escapeLike(text)}%`);
  }
  sql += ` ORDER BY ${column} ${order} LIMIT 20 OFFSET ?`;
  params.push(page * 20);
  const [rows] = await pool.query(sql, params);
  return rows;
}

module.exports = function mount(app) {
  app.get('/products', async (req, res, next) => {
    try {
      const rows = await listProducts({
        text: typeof req.query.text === 'string' ? req.query.text.slice(0, 80) : '',
        sort: req.query.sort,
        direction: req.query.direction,
        page: Math.max(0, Number.parseInt(req.query.page, 10) || 0),
      });
      res.json(rows);
    } catch (err) {
      next(err);
    }
  });
};
