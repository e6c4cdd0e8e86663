'use strict';

const { randomUUID } = require('crypto');
const pino = require('pino');

const log = pino({
  name: 'api',
  redact: ['req.headers.authorization', 'req.headers.cookie', 'body.password'],
});

class AppError extends Error {
  constructor(code, status = 400) {
    super(code);
    this.name = 'AppError';
    this.code = code;
    this.status = status;
  }
}

const TEXTS = new Map([
  ['not_found', 'The resource does not exist.'],
  ['conflict', 'The resource was changed by somebody else.'],
  ['invalid', 'The request is not valid.'],
]);

function requestId(req, res, next) {
  req.id = randomUUID();
  res.setHeader('X-Request-Id', req.id);
  next();
}

function notFound(req, res, next) {
  next(new AppError('not_found', 404));
}

function errorHandler(err, req, res, next) {
  if (res.headersSent) {
    return next(err);
  }
  if (err instanceof AppError) {
    log.info({ id: req.id, code: err.code }, 'request was refused');
    return res.status(err.status).json({ code: err.code, message: TEXTS.get(err.code) || 'Error' });
  }
  if (err.type === 'entity.parse.failed') {
    return res.status(400).json({ code: 'invalid', message: TEXTS.get('invalid') });
  }
  log.error({ id: req.id, message: err.message, stack: err.stack }, 'unexpected error');
  return res.status(500).json({ code: 'internal', reference: req.id });
}

function install(app) {
  app.use(notFound);
  app.use(errorHandler);
  process.on('unhandledRejection', (reason) => {
    log.fatal({ reason: String(reason), stack: reason && reason.stack }, 'unhandled rejection');
    process.exit(1);
  });
}

module.exports = { AppError, requestId, install };
