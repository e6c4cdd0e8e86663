import { ArgumentsHost, Catch, ExceptionFilter, HttpException, HttpStatus, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { randomUUID } from 'crypto';
import type { Request } from 'express';
import { QueryFailedError } from 'typeorm';

interface Problem {
  status: number;
  title: string;
  instance: string;
  requestId: string;
  detail?: unknown;
}

function titleOf(status: number): string {
  return HttpStatus[status]?.toLowerCase().replace(/_/g, ' ') ?? 'error';
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly host: HttpAdapterHost) {}

  catch(exception: unknown, args: ArgumentsHost): void {
    const http = args.switchToHttp();
    const request = http.getRequest<Request>();
    const status = exception instanceof HttpException ? exception.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR;
    const problem: Problem = {
      status,
      title: titleOf(status),
      instance: request.path,
      requestId: randomUUID(),
      detail: this.detail(exception),
    };
    if (status >= 500) {
      this.logger.error(`request ${problem.requestId} failed`, exception instanceof Error ? exception.stack : undefined);
    }
    this.host.httpAdapter.reply(http.getResponse(), problem, status);
  }

  private detail(exception: unknown): unknown {
    if (exception instanceof HttpException) {
      return exception.getResponse();
    }
    if (exception instanceof QueryFailedError) {
      return { query: exception.query, parameters: exception.parameters, stack: exception.stack };
    }
    if (exception instanceof Error) {
      return { name: exception.name, message: exception.message, stack: exception.stack };
    }
    return String(exception);
  }
}
