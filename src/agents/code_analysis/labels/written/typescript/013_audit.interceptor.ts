import { CallHandler, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { appendFile } from 'node:fs/promises';
import type { Request } from 'express';
import { Observable, tap } from 'rxjs';

const FILE = process.env.AUDIT_FILE ?? '/var/log/api/audit.log';

@Injectable()
export class AuditInterceptor implements NestInterceptor {
  private async write(action: string, actor: string, target: string): Promise<void> {
    const line = `${new Date().toISOString()} ${action} by ${actor} on ${target}\n`;
    await appendFile(FILE, line, { mode: 0o600 });
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const action = `${context.getClass().name}.${context.getHandler().name}`;
    const body = (request.body ?? {}) as { accountName?: string };

    return next.handle().pipe(
      tap({
        next: () => void this.write(action, body.accountName ?? '-', request.params.id ?? '-'),
        error: () => void this.write(`${action} FAILED`, body.accountName ?? '-', '-'),
      }),
    );
  }
}
