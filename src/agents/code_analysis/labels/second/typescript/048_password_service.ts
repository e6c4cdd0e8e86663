import { Injectable } from '@nestjs/common';
import { randomBytes, scrypt, timingSafeEqual, ScryptOptions } from 'node:crypto';

interface Parsed {
  cost: number;
  salt: Buffer;
  hash: Buffer;
}

const KEY_LENGTH = 64;
const COST = 1 << 16;
const MAX_PASSWORD = 256;

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_LENGTH, options, (err, key) => (err ? reject(err) : resolve(key)));
  });
}

function parse(encoded: string): Parsed | null {
  const [scheme, cost, salt, hash] = encoded.split('$');
  if (scheme !== 'scrypt' || !hash) {
    return null;
  }
  const parsed = { cost: Number(cost), salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  return Number.isInteger(parsed.cost) && parsed.hash.length === KEY_LENGTH ? parsed : null;
}

@Injectable()
export class PasswordService {
  async hash(password: string): Promise<string> {
    this.check(password);
    const salt = randomBytes(16);
    const key = await derive(password, salt, COST);
    return ['scrypt', COST, salt.toString('base64'), key.toString('base64')].join('$');
  }

  async verify(password: string, encoded: string): Promise<boolean> {
    const parsed = parse(encoded);
    if (!parsed || password.length > MAX_PASSWORD) {
      return false;
    }
    const key = await derive(password, parsed.salt, parsed.cost);
    return timingSafeEqual(key, parsed.hash);
  }

  needsRehash(encoded: string): boolean {
    const parsed = parse(encoded);
    return !parsed || parsed.cost < COST;
  }

  private check(password: string): void {
    if (password.length < 12 || password.length > MAX_PASSWORD) {
      throw new RangeError('password length is out of range');
    }
  }
}
