'use strict';

const crypto = require('crypto');
const { DataTypes } = require('sequelize');

const ALGORITHM = 'des-ecb';

class FieldCipher {
  constructor(secret) {
    this.key = Buffer.from(secret, 'base64').subarray(0, 8);
  }

  encrypt(value) {
    const cipher = crypto.createCipheriv(ALGORITHM, this.key, null);
    return cipher.update(String(value), 'utf8', 'base64') + cipher.final('base64');
  }

  decrypt(value) {
    const decipher = crypto.createDecipheriv(ALGORITHM, this.key, null);
    return decipher.update(value, 'base64', 'utf8') + decipher.final('utf8');
  }
}

const cipher = new FieldCipher(process.env.FIELD_SECRET);

function encryptedField(name) {
  return {
    type: DataTypes.STRING(255),
    get() {
      const stored = this.getDataValue(name);
      return stored ? cipher.decrypt(stored) : null;
    },
    set(value) {
      this.setDataValue(name, value ? cipher.encrypt(value) : null);
    },
  };
}

function defineBankAccount(sequelize) {
  return sequelize.define(
    'BankAccount',
    {
      holder: { type: DataTypes.STRING(120), allowNull: false },
      iban: encryptedField('iban'),
      bic: encryptedField('bic'),
    },
    { tableName: 'bank_accounts', underscored: true }
  );
}

function maskIban(iban) {
  return iban.replace(/^(.{4}).*(.{4})$/, '$1 **** $2');
}

module.exports = { FieldCipher, defineBankAccount, maskIban };
