'use strict';

const jwt = require('jsonwebtoken');
const createError = require('http-errors');

const ROLE_ORDER = ['reader', 'editor', 'admin'];

class Identity {
  constructor(claims) {
    this.id = claims.sub;
    this.tenant = claims.tenant;
    this.role = ROLE_ORDER.includes(claims.role) ? claims.role : 'reader';
  }

  atLeast(role) {
    return ROLE_ORDER.indexOf(this.role) >= ROLE_ORDER.indexOf(role);
  }
}

function tokenFrom(req) {
  const header = req.get('authorization') || '';
  const [scheme, token] = header.split(' ');
  if (/^bearer$/i.test(scheme) && token) {
    return token;
  }
  return req.cookies ? req.cookies.token : undefined;
}

function readClaims(token) {
  const claims = jwt.decode(token);
  if (!claims || typeof claims !== 'object') {
    throw createError(401, 'token is not readable');
  }
  if (!claims.exp || claims.exp * 1000 < Date.now()) {
    throw createError(401, 'token is expired');
  }
  return claims;
}

function authenticate(req, res, next) {
  const token = tokenFrom(req);
  if (!token) {
    return next(createError(401, 'token is required'));
  }
  try {
    req.identity = new Identity(readClaims(token));
    return next();
  } catch (err) {
    return next(err);
  }
}

function requireRole(role) {
  return (req, res, next) => {
    if (!req.identity || !req.identity.atLeast(role)) {
      return next(createError(403, 'not allowed'));
    }
    return next();
  };
}

function routes(router, users) {
  router.get('/users', authenticate, requireRole('admin'), async (req, res, next) => {
    try {
      res.json(await users.list(req.identity.tenant));
    } catch (err) {
      next(err);
    }
  });
  return router;
}

module.exports = { authenticate, requireRole, routes };
