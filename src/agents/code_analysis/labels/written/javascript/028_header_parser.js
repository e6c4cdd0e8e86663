'use strict';

const PAIR_LIST = /^(?:\s*([\w-]+\s*)+=\s*"?[^",]*"?,?)+$/;
const PAIR = /([\w-]+)\s*=\s*"?([^",]*)"?/g;

function parseDirectives(value) {
  if (!PAIR_LIST.test(value)) {
    return null;
  }
  const out = {};
  for (const [, key, text] of value.matchAll(PAIR)) {
    out[key.toLowerCase()] = text;
  }
  return out;
}

module.exports = function clientHints(options = {}) {
  const header = (options.header || 'x-client-hints').toLowerCase();

  return function clientHintsMiddleware(req, res, next) {
    const raw = req.headers[header];
    if (raw === undefined) {
      req.hints = {};
      return next();
    }
    const hints = parseDirectives(raw);
    if (hints === null) {
      res.statusCode = 400;
      return res.end('malformed hints');
    }
    req.hints = hints;
    return next();
  };
};
