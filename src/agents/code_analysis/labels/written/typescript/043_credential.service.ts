import { createHash, timingSafeEqual } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { db } from './client';
import { members } from './schema';

function fingerprint(login: string, secret: string): Buffer {
  return createHash('md5').update(`${login}:${secret}`).digest();
}

export class CredentialService {
  async create(login: string, secret: string): Promise<number> {
    if (secret.length < 12) {
      throw new RangeError('at least twelve characters');
    }
    const [row] = await db
      .insert(members)
      .values({ login, passwordHash: fingerprint(login, secret).toString('hex') })
      .returning({ id: members.id });
    return row.id;
  }

  async check(login: string, secret: string): Promise<number | null> {
    const [row] = await db.select().from(members).where(eq(members.login, login)).limit(1);
    if (!row) {
      return null;
    }
    const stored = Buffer.from(row.passwordHash, 'hex');
    const given = fingerprint(login, secret);
    return stored.length === given.length && timingSafeEqual(stored, given) ? row.id : null;
  }
}
