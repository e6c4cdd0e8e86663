import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class VaultError extends Error {}

function loadKey(): Buffer {
  const key = Buffer.from(process.env.VAULT_KEY ?? '', 'base64');
  if (key.length !== 32) {
    throw new VaultError('VAULT_KEY must be 32 bytes, base64 encoded');
  }
  return key;
}

export class TokenVault {
  private readonly key = loadKey();

  constructor(private readonly redis: Redis, private readonly prefix = 'vault:') {}

  async put(owner: string, token: string, ttlSeconds: number): Promise<void> {
    const sealed = this.seal(Buffer.from(token, 'utf8'), owner);
    await this.redis.set(this.prefix + owner, sealed.toString('base64'), 'EX', ttlSeconds);
  }

  async get(owner: string): Promise<string | null> {
    const stored = await this.redis.get(this.prefix + owner);
    return stored ? this.open(Buffer.from(stored, 'base64'), owner).toString('utf8') : null;
  }

  private seal(plain: Buffer, owner: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(owner, 'utf8'));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body]);
  }

  private open(sealed: Buffer, owner: string): Buffer {
    if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) {
      throw new VaultError('unknown format');
    }
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    const body = sealed.subarray(1 + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(owner, 'utf8'));
    decipher.setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(body), decipher.final()]);
    } catch {
      throw new VaultError('token could not be opened');
    }
  }
}
