const jwt = require('jsonwebtoken');

const { TOKEN_PUBLIC_KEY, TOKEN_ISSUER, TOKEN_AUDIENCE } = process.env;

if (!TOKEN_PUBLIC_KEY || !TOKEN_ISSUER || !TOKEN_AUDIENCE) {
  throw new Error('token settings are missing');
}

function bearer(header) {
  const [scheme, token, rest] = String(header || '').split(' ');
  return scheme === 'Bearer' && token && rest === undefined ? token : null;
}

function authenticate(req, res, next) {
  const token = bearer(req.get('authorization'));
  if (!token) {
    res.set('WWW-Authenticate', 'Bearer').status(401).json({ error: 'token missing' });
    return;
  }
  jwt.verify(
    token,
    TOKEN_PUBLIC_KEY,
    { algorithms: ['RS256'], issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, maxAge: '1h' },
    (err, claims) => {
      if (err) {
        res.set('WWW-Authenticate', 'Bearer').status(401).json({ error: 'token not accepted' });
        return;
      }
      req.identity = { id: claims.sub, scopes: String(claims.scope || '').split(' ') };
      next();
    }
  );
}

function requireScope(name) {
  return function checkScope(req, res, next) {
    if (req.identity && req.identity.scopes.includes(name)) {
      next();
      return;
    }
    res.status(403).json({ error: 'scope missing' });
  };
}

module.exports = { authenticate, requireScope };
