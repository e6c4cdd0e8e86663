'use strict';

const crypto = require('crypto');
const fs = require('fs/promises');
const { promisify } = require('util');

const scrypt = promisify(crypto.scrypt);

const MAGIC = Buffer.from('BKUP2');
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

class BackupError extends Error {}

async function seal(plain, passphrase) {
  const salt = crypto.randomBytes(SALT);
  const nonce = crypto.randomBytes(NONCE);
  const key = await scrypt(passphrase, salt, 32, COST);
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
  const head = Buffer.concat([MAGIC, salt, nonce]);
  cipher.setAAD(head);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([head, cipher.getAuthTag(), body]);
}

async function open(blob, passphrase) {
  const start = MAGIC.length + SALT + NONCE;
  if (blob.length < start + TAG || !blob.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new BackupError('not a backup');
  }
  const head = blob.subarray(0, start);
  const salt = head.subarray(MAGIC.length, MAGIC.length + SALT);
  const nonce = head.subarray(MAGIC.length + SALT);
  const key = await scrypt(passphrase, salt, 32, COST);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  decipher.setAAD(head);
  decipher.setAuthTag(blob.subarray(start, start + TAG));
  try {
    return Buffer.concat([decipher.update(blob.subarray(start + TAG)), decipher.final()]);
  } catch (err) {
    throw new BackupError('wrong passphrase or damaged backup');
  }
}

async function backup(source, target) {
  const plain = await fs.readFile(source);
  const sealed = await seal(plain, process.env.BACKUP_PASSPHRASE);
  await fs.writeFile(target, sealed, { mode: 0o600, flag: 'wx' });
  return sealed.length;
}

module.exports = { seal, open, backup, BackupError };
