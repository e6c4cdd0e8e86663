import { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { ZodError } from 'zod';

const log = pino({ name: 'http', redact: ['req.headers.authorization', 'req.headers.cookie'] });

export class PublicError extends Error {
  constructor(readonly status: number, readonly publicMessage: string) {
    super(publicMessage);
    this.name = 'PublicError';
  }

  static notFound(): PublicError {
    return new PublicError(404, 'The resource does not exist.');
  }

  static conflict(): PublicError {
    return new PublicError(409, 'The resource was changed in the meantime.');
  }
}

interface ErrorBody {
  message: string;
  requestId: string;
  fields?: string[];
}

function describe(err: unknown, requestId: string): { status: number; body: ErrorBody } {
  if (err instanceof PublicError) {
    return { status: err.status, body: { message: err.publicMessage, requestId } };
  }
  if (err instanceof ZodError) {
    const fields = [...new Set(err.issues.map((i) => i.path.join('.')))];
    return { status: 400, body: { message: 'The input is not valid.', requestId, fields } };
  }
  return { status: 500, body: { message: 'Something went wrong.', requestId } };
}

export const requestId: RequestHandler = (_req: Request, res: Response, next: NextFunction) => {
  res.locals.requestId = randomUUID();
  res.setHeader('X-Request-Id', res.locals.requestId);
  next();
};

export const errorHandler: ErrorRequestHandler = (err, req, res, next) => {
  if (res.headersSent) {
    next(err);
    return;
  }
  const { status, body } = describe(err, res.locals.requestId ?? randomUUID());
  if (status >= 500) {
    log.error({ err, stack: err instanceof Error ? err.stack : undefined, requestId: body.requestId }, 'unhandled error');
  } else {
    log.info({ status, method: req.method, requestId: body.requestId }, 'request refused');
  }
  res.status(status).json(body);
};
