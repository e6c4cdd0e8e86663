import { CanActivate, ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

type RawRequest = Request & { rawBody?: Buffer };

const TOLERANCE_SECONDS = 300;

@Injectable()
export class SignatureGuard implements CanActivate {
  private readonly secret: string;

  constructor(config: ConfigService) {
    this.secret = config.getOrThrow<string>('SIGNING_SECRET');
  }

  private expected(request: RawRequest, timestamp: string): Buffer {
    return createHmac('sha256', this.secret)
      .update(`${timestamp}\n${request.method}\n${request.originalUrl}\n`)
      .update(request.rawBody ?? Buffer.alloc(0))
      .digest();
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<RawRequest>();
    const timestamp = request.header('x-timestamp') ?? '';
    const age = Math.abs(Date.now() / 1000 - Number(timestamp || NaN));
    if (!(age <= TOLERANCE_SECONDS)) {
      throw new UnauthorizedException();
    }
    const given = Buffer.from(request.header('x-signature') ?? '', 'hex');
    const expected = this.expected(request, timestamp);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new UnauthorizedException();
    }
    return true;
  }
}
