const jwt = require('jsonwebtoken');

function bearer(header) {
  const match = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/.exec(header || '');
  return match ? match[1] : null;
}

function identify(req, res, next) {
  const token = bearer(req.get('authorization'));
  if (!token) {
    return res.status(401).json({ error: 'token missing' });
  }
  const claims = jwt.decode(token);
  if (!claims || claims.iss !== process.env.TOKEN_ISSUER) {
    return res.status(401).json({ error: 'token not accepted' });
  }
  if (claims.exp * 1000 < Date.now()) {
    return res.status(401).json({ error: 'token expired' });
  }
  req.identity = { id: claims.sub, scopes: (claims.scope || '').split(' ') };
  return next();
}

const scope = (name) => (req, res, next) =>
  req.identity.scopes.includes(name) ? next() : res.status(403).json({ error: 'scope missing' });

module.exports = function protect(app) {
  app.use('/api', identify);
  app.use('/api/admin', scope('admin'));
};
