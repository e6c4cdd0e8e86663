'use strict';

const crypto = require('crypto');
const jwt = require('jsonwebtoken');

const ISSUER = 'https://login.example.com';
const AUDIENCE = 'portal';
const ALGORITHM = 'RS256';

class TokenError extends Error {}

class KeySet {
  constructor(entries) {
    this.keys = new Map();
    for (const { kid, pem } of entries) {
      this.keys.set(kid, crypto.createPublicKey(pem));
    }
  }

  find(kid) {
    const key = this.keys.get(kid);
    if (!key) {
      throw new TokenError('unknown key');
    }
    return key;
  }
}

class SessionTokens {
  constructor({ keySet, privateKey, kid }) {
    this.keySet = keySet;
    this.privateKey = privateKey;
    this.kid = kid;
  }

  issue(user) {
    return jwt.sign({ name: user.name }, this.privateKey, {
      algorithm: ALGORITHM,
      keyid: this.kid,
      subject: String(user.id),
      issuer: ISSUER,
      audience: AUDIENCE,
      expiresIn: '20m',
      jwtid: crypto.randomUUID(),
    });
  }

  verify(token) {
    const decoded = jwt.decode(token, { complete: true });
    if (!decoded) {
      throw new TokenError('not a token');
    }
    const key = this.keySet.find(decoded.header.kid);
    try {
      return jwt.verify(token, key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        clockTolerance: 5,
      });
    } catch (err) {
      throw new TokenError('token was rejected');
    }
  }

  middleware() {
    return (req, res, next) => {
      const [scheme, token] = String(req.headers.authorization || '').split(' ');
      if (scheme !== 'Bearer' || !token) {
        return res.status(401).json({ error: 'token is required' });
      }
      try {
        req.user = this.verify(token);
        return next();
      } catch (err) {
        return res.status(401).json({ error: 'token was rejected' });
      }
    };
  }
}

module.exports = { SessionTokens, KeySet, TokenError };
