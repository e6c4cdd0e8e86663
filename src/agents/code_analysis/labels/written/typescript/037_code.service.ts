import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Redis } from 'ioredis';

export interface SmsGateway {
  send(number: string, text: string): Promise<void>;
}

const CODE_TTL = 300;
const SESSION_TTL = 8 * 3600;
const MAX_TRIES = 5;

function same(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

export class CodeService {
  constructor(
    private readonly redis: Redis,
    private readonly sms: SmsGateway,
  ) {}

  async start(number: string): Promise<boolean> {
    const fresh = await this.redis.set(`code-wait:${number}`, '1', 'EX', 60, 'NX');
    if (fresh === null) {
      return false;
    }
    const code = randomInt(0, 1_000_000).toString().padStart(6, '0');
    await this.redis.set(`code:${number}`, code, 'EX', CODE_TTL);
    await this.sms.send(number, `Your code is ${code}`);
    return true;
  }

  async finish(number: string, code: string): Promise<string | null> {
    const tries = await this.redis.incr(`code-tries:${number}`);
    await this.redis.expire(`code-tries:${number}`, CODE_TTL);
    const expected = await this.redis.get(`code:${number}`);
    if (tries > MAX_TRIES || expected === null || !same(expected, code)) {
      return null;
    }
    await this.redis.del(`code:${number}`);
    const session = randomBytes(32).toString('base64url');
    await this.redis.set(`session:${session}`, number, 'EX', SESSION_TTL);
    return session;
  }
}
