import { ArgumentsHost, Catch, ExceptionFilter, HttpException, HttpStatus } from '@nestjs/common';
import type { Request, Response } from 'express';
import { QueryFailedError } from 'typeorm';

interface ErrorBody {
  status: number;
  path: string;
  message: string;
  stack?: string;
  sql?: string;
  parameters?: unknown[];
}

@Catch()
export class AllExceptionsFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const status =
      exception instanceof HttpException ? exception.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR;

    const body: ErrorBody = {
      status,
      path: request.path,
      message: exception instanceof Error ? exception.message : String(exception),
    };
    if (exception instanceof QueryFailedError) {
      body.sql = exception.query;
      body.parameters = exception.parameters;
    }
    if (exception instanceof Error) {
      body.stack = exception.stack;
    }
    http.getResponse<Response>().status(status).json(body);
  }
}
