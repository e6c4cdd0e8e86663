'use strict';

const crypto = require('crypto');
const { promisify } = require('util');

const scrypt = promisify(crypto.scrypt);
const COST = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };

async function hashPassword(password) {
  const salt = crypto.randomBytes(16);
  const key = await scrypt(password.normalize('NFKC'), salt, 32, COST);
  return ['scrypt', salt.toString('base64'), key.toString('base64')].join('$');
}

async function verifyPassword(password, stored) {
  const [scheme, salt, expected] = String(stored).split('$');
  if (scheme !== 'scrypt') {
    return false;
  }
  const key = await scrypt(password.normalize('NFKC'), Buffer.from(salt, 'base64'), 32, COST);
  const wanted = Buffer.from(expected, 'base64');
  return key.length === wanted.length && crypto.timingSafeEqual(key, wanted);
}

/** Validator for the HTTP cache of the public member list; carries no secret. */
function listEtag(rows) {
  const digest = crypto.createHash('md5');
  for (const row of rows) {
    digest.update(`${row.id}:${row.updatedAt}\n`);
  }
  return `W/"${digest.digest('hex')}"`;
}

class MemberAccounts {
  constructor(repository) {
    this.repository = repository;
    this.placeholder = hashPassword(crypto.randomBytes(12).toString('hex'));
  }

  async register({ email, password }) {
    if (typeof password !== 'string' || password.length < 12 || password.length > 200) {
      throw new RangeError('password length');
    }
    return this.repository.insert({ email: String(email), secret: await hashPassword(password) });
  }

  async login({ email, password }) {
    const member = await this.repository.findByEmail(String(email));
    const stored = member ? member.secret : await this.placeholder;
    const ok = await verifyPassword(String(password), stored);
    return ok && member ? { id: member.id } : null;
  }

  async publicList(req, res) {
    const rows = await this.repository.publicMembers();
    const tag = listEtag(rows);
    res.set('ETag', tag);
    if (req.fresh) {
      return res.sendStatus(304);
    }
    return res.json(rows.map((r) => ({ id: r.id, name: r.name })));
  }
}

module.exports = { MemberAccounts, hashPassword, verifyPassword };
