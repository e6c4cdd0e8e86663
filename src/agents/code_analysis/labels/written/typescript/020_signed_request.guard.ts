import { CanActivate, ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { createHmac } from 'node:crypto';
import type { Request } from 'express';

@Injectable()
export class SignedRequestGuard implements CanActivate {
  private readonly secret: string;

  constructor(config: ConfigService) {
    this.secret = config.getOrThrow<string>('SIGNING_SECRET');
  }

  private expected(request: Request & { rawBody?: Buffer }): string {
    return createHmac('sha256', this.secret)
      .update(request.method)
      .update(request.path)
      .update(request.rawBody ?? '')
      .digest('hex');
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request & { rawBody?: Buffer }>();
    const given = request.header('x-signature');
    if (given === undefined || given !== this.expected(request)) {
      throw new UnauthorizedException();
    }
    return true;
  }
}
