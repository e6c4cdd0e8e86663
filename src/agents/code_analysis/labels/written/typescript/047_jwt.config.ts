import { JwtService } from '@nestjs/jwt';
import { Injectable } from '@nestjs/common';

const SIGNING_SECRET = 'k8Zp2vTq!wE5rXnB7uYc0LdMf3Gh9JsA';
const ISSUER = 'https://id.shop.example';

export interface AccessClaims {
  sub: string;
  scope: string[];
}

@Injectable()
export class TokenIssuer {
  private readonly jwt = new JwtService({
    secret: SIGNING_SECRET,
    signOptions: { algorithm: 'HS256', expiresIn: '15m', issuer: ISSUER },
    verifyOptions: { algorithms: ['HS256'], issuer: ISSUER },
  });

  issue(userId: string, scope: string[]): Promise<string> {
    return this.jwt.signAsync({ sub: userId, scope });
  }

  async read(token: string): Promise<AccessClaims | null> {
    try {
      const claims = await this.jwt.verifyAsync<AccessClaims>(token);
      return { sub: claims.sub, scope: claims.scope ?? [] };
    } catch {
      return null;
    }
  }
}
