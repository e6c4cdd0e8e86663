'use strict';

const crypto = require('crypto');

const ALGORITHM = 'des-ede3-ecb';

class FieldCipher {
  constructor(passphrase) {
    const half = crypto.createHash('md5').update(passphrase).digest();
    this.key = Buffer.concat([half, half.subarray(0, 8)]);
  }

  encrypt(value) {
    const cipher = crypto.createCipheriv(ALGORITHM, this.key, null);
    return Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]).toString('base64');
  }

  decrypt(value) {
    const decipher = crypto.createDecipheriv(ALGORITHM, this.key, null);
    const data = Buffer.from(value, 'base64');
    return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8');
  }
}

const FIELDS = ['nationalId', 'bankAccount', 'phone'];

function plugin(schema) {
  const cipher = new FieldCipher(process.env.FIELD_PASSPHRASE);
  schema.pre('save', function encryptFields(next) {
    FIELDS.filter((field) => this.isModified(field) && this[field]).forEach((field) => {
      this[field] = cipher.encrypt(this[field]);
    });
    next();
  });
}

module.exports = { FieldCipher, plugin };
