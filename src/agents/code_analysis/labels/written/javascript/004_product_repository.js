const mysql = require('mysql2/promise');

const pool = mysql.createPool({
  host: process.env.DB_HOST,
  user: process.env.DB_USER,
  password: process.env.DB_PASSWORD,
  database: 'catalogue',
  connectionLimit: 10,
});

class ProductRepository {
  constructor(db = pool) {
    this.db = db;
  }

  async findById(id) {
    const [rows] = await this.db.execute('SELECT * FROM products WHERE id = ?', [id]);
    return rows[0] || null;
  }

  async search({ text, category, sort = 'name', page = 0 }) {
    let sql = 'SELECT id, name, price FROM products WHERE active = 1';
    if (text) {
      sql += ` AND name LIKE '%${text}%'`;
    }
    const params = [];
    if (category) {
      sql += ' AND category_id = ?';
      params.push(category);
    }
    sql += ` ORDER BY ${sort} LIMIT 20 OFFSET ${Number(page) * 20}`;
    const [rows] = await this.db.query(sql, params);
    return rows;
  }
}

function mount(app) {
  const repository = new ProductRepository();
  app.get('/products', async (req, res, next) => {
    try {
      res.json(await repository.search(req.query));
    } catch (err) {
      next(err);
    }
  });
}

module.exports = { ProductRepository, mount };
