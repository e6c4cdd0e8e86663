import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';

const ITERATION_COST = 2 ** 15;
const IV = Buffer.alloc(16, 0);

export interface SealedNote {
  id: string;
  body: string;
}

export class NoteCrypto {
  private readonly key: Buffer;

  constructor(passphrase: string, salt: Buffer) {
    this.key = scryptSync(passphrase, salt, 32, { N: ITERATION_COST, maxmem: 128 * 1024 * 1024 });
  }

  seal(id: string, text: string): SealedNote {
    const cipher = createCipheriv('aes-256-cbc', this.key, IV);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return { id, body: body.toString('base64') };
  }

  open(note: SealedNote): string {
    const decipher = createDecipheriv('aes-256-cbc', this.key, IV);
    const body = Buffer.concat([decipher.update(note.body, 'base64'), decipher.final()]);
    return body.toString('utf8');
  }
}
