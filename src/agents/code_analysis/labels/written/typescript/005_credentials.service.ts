import { hash, needsRehash, verify, argon2id } from 'argon2';
import { eq } from 'drizzle-orm';
import { db } from './client';
import { members } from './schema';

const OPTIONS = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export class CredentialsService {
  private readonly filler: Promise<string>;

  constructor() {
    this.filler = hash(crypto.randomUUID(), OPTIONS);
  }

  async create(login: string, secret: string): Promise<number> {
    if (secret.length < 12 || secret.length > 256) {
      throw new RangeError('between 12 and 256 characters');
    }
    const [row] = await db
      .insert(members)
      .values({ login, passwordHash: await hash(secret, OPTIONS) })
      .returning({ id: members.id });
    return row.id;
  }

  async check(login: string, secret: string): Promise<number | null> {
    const [row] = await db.select().from(members).where(eq(members.login, login)).limit(1);
    const stored = row?.passwordHash ?? (await this.filler);
    const given = secret.slice(0, 256);
    const matches = await verify(stored, given);
    if (!row || !matches) {
      return null;
    }
    if (needsRehash(stored, OPTIONS)) {
      const passwordHash = await hash(given, OPTIONS);
      await db.update(members).set({ passwordHash }).where(eq(members.id, row.id));
    }
    return row.id;
  }
}
