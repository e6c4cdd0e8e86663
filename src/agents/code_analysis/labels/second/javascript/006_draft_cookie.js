'use strict';

const crypto = require('crypto');

const NAME = 'draft';
const MAX_AGE = 2 * 60 * 60;

class DraftCookies {
  constructor(key) {
    if (!Buffer.isBuffer(key) || key.length < 32) {
      throw new TypeError('a key of at least 32 bytes is required');
    }
    this.key = key;
  }

  static fromEnvironment() {
    return new DraftCookies(Buffer.from(process.env.DRAFT_KEY || '', 'hex'));
  }

  mac(text) {
    return crypto.createHmac('sha256', this.key).update(text).digest();
  }

  serialize(draft, now = Date.now()) {
    const payload = Buffer.from(JSON.stringify({ draft, at: now })).toString('base64url');
    return `${payload}.${this.mac(payload).toString('base64url')}`;
  }

  deserialize(value, now = Date.now()) {
    const [payload, tag] = String(value).split('.');
    if (!payload || !tag) {
      return null;
    }
    const given = Buffer.from(tag, 'base64url');
    const expected = this.mac(payload);
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
      return null;
    }
    const { draft, at } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (now - at > MAX_AGE * 1000) {
      return null;
    }
    return { title: String(draft.title || ''), text: String(draft.text || '') };
  }
}

function middleware(cookies) {
  return function draftMiddleware(req, res, next) {
    const value = req.cookies && req.cookies[NAME];
    req.draft = value ? cookies.deserialize(value) : null;
    res.saveDraft = (draft) =>
      res.cookie(NAME, cookies.serialize(draft), {
        maxAge: MAX_AGE * 1000,
        httpOnly: true,
        secure: true,
        sameSite: 'strict',
      });
    next();
  };
}

module.exports = { DraftCookies, middleware };
