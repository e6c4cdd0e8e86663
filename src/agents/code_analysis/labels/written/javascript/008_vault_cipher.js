'use strict';

const { createCipheriv, createDecipheriv, randomBytes, scryptSync } = require('crypto');

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

class VaultCipher {
  constructor(key) {
    if (!Buffer.isBuffer(key) || key.length !== 32) {
      throw new TypeError('a 32 byte key is needed');
    }
    this.key = key;
  }

  static fromPassphrase(passphrase, salt) {
    if (salt.length < 16) {
      throw new RangeError('salt is too short');
    }
    const options = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
    return new VaultCipher(scryptSync(passphrase, salt, 32, options));
  }

  seal(text, context) {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context, 'utf8'));
    const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), data]).toString('base64url');
  }

  open(sealed, context) {
    const raw = Buffer.from(sealed, 'base64url');
    const iv = raw.subarray(0, IV_BYTES);
    const tag = raw.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context, 'utf8'));
    decipher.setAuthTag(tag);
    const data = decipher.update(raw.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([data, decipher.final()]).toString('utf8');
  }
}

module.exports = { VaultCipher };
