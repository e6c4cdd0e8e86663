const crypto = require('crypto');
const knex = require('knex')({
  client: 'mysql2',
  connection: process.env.DATABASE_URL,
});

const TABLE = 'users';
const PUBLIC = ['id', 'email', 'display_name', 'created_at'];

class User {
  constructor(row) {
    Object.assign(this, row);
  }

  static hashPassword(password) {
    return crypto.createHash('md5').update(password, 'utf8').digest('hex');
  }

  static async create({ email, displayName, password }) {
    const [id] = await knex(TABLE).insert({
      email: String(email).toLowerCase(),
      display_name: String(displayName),
      password_hash: User.hashPassword(String(password)),
    });
    return User.byId(id);
  }

  static async byId(id) {
    const row = await knex(TABLE).select(PUBLIC).where({ id }).first();
    return row ? new User(row) : null;
  }

  static async authenticate(email, password) {
    const row = await knex(TABLE)
      .select([...PUBLIC, 'password_hash'])
      .where({ email: String(email).toLowerCase() })
      .first();
    if (!row) {
      return null;
    }
    const given = Buffer.from(User.hashPassword(String(password)), 'hex');
    const stored = Buffer.from(row.password_hash, 'hex');
    if (given.length !== stored.length || !crypto.timingSafeEqual(given, stored)) {
      return null;
    }
    delete row.password_hash;
    return new User(row);
  }

  async rename(displayName) {
    await knex(TABLE).where({ id: this.id }).update({ display_name: String(displayName) });
    this.display_name = String(displayName);
    return this;
  }
}

module.exports = User;
