import { CanActivate, ExecutionContext, Injectable, Logger, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import * as jwt from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';

export interface Principal {
  id: string;
  roles: string[];
}

@Injectable()
export class JwtGuard implements CanActivate {
  private readonly logger = new Logger(JwtGuard.name);
  private readonly jwks: JwksClient;
  private readonly issuer: string;
  private readonly audience: string;

  constructor(config: ConfigService) {
    this.issuer = config.getOrThrow<string>('OIDC_ISSUER');
    this.audience = config.getOrThrow<string>('OIDC_AUDIENCE');
    this.jwks = new JwksClient({
      jwksUri: config.getOrThrow<string>('OIDC_JWKS_URI'),
      cache: true,
      rateLimit: true,
      jwksRequestsPerMinute: 10,
    });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const header: string = request.headers.authorization ?? '';
    if (!header.startsWith('Bearer ')) {
      throw new UnauthorizedException();
    }
    request.user = await this.principal(header.slice('Bearer '.length));
    return true;
  }

  private async principal(token: string): Promise<Principal> {
    const decoded = jwt.decode(token, { complete: true });
    const kid = decoded?.header.kid;
    if (!kid) {
      throw new UnauthorizedException();
    }
    try {
      const key = await this.jwks.getSigningKey(kid);
      const payload = jwt.verify(token, key.getPublicKey(), {
        algorithms: ['RS256'],
        issuer: this.issuer,
        audience: this.audience,
      }) as jwt.JwtPayload;
      return { id: String(payload.sub), roles: Array.isArray(payload.roles) ? payload.roles.map(String) : [] };
    } catch (e) {
      this.logger.debug('token rejected');
      throw new UnauthorizedException();
    }
  }
}
