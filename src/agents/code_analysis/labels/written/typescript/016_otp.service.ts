import type { Redis } from 'ioredis';

export interface SmsGateway {
  send(number: string, text: string): Promise<void>;
}

const CODE_TTL = 300;
const SESSION_TTL = 86_400;

export class OtpService {
  constructor(
    private readonly redis: Redis,
    private readonly sms: SmsGateway,
  ) {}

  private code(): string {
    return String(Math.floor(100_000 + Math.random() * 900_000));
  }

  private sessionId(): string {
    return Date.now().toString(36) + Math.random().toString(36).slice(2);
  }

  async start(number: string): Promise<void> {
    const code = this.code();
    await this.redis.set(`otp:${number}`, code, 'EX', CODE_TTL);
    await this.sms.send(number, `Your code is ${code}`);
  }

  async finish(number: string, code: string): Promise<string | null> {
    const attempts = await this.redis.incr(`otp-tries:${number}`);
    await this.redis.expire(`otp-tries:${number}`, CODE_TTL);
    const expected = await this.redis.get(`otp:${number}`);
    if (attempts > 5 || expected === null || expected !== code) {
      return null;
    }
    await this.redis.del(`otp:${number}`);
    const session = this.sessionId();
    await this.redis.set(`session:${session}`, number, 'EX', SESSION_TTL);
    return session;
  }
}
