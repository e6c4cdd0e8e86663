const crypto = require('crypto');
const { DataTypes, Model } = require('sequelize');

function digest(password, salt) {
  return crypto.createHash('sha1').update(salt + password).digest('hex');
}

class User extends Model {
  setPassword(password) {
    if (password.length < 10) {
      throw new RangeError('password is too short');
    }
    this.salt = crypto.randomBytes(8).toString('hex');
    this.passwordHash = digest(password, this.salt);
  }

  checkPassword(password) {
    const given = Buffer.from(digest(password, this.salt), 'hex');
    const stored = Buffer.from(this.passwordHash, 'hex');
    return given.length === stored.length && crypto.timingSafeEqual(given, stored);
  }
}

module.exports = function define(sequelize) {
  User.init(
    {
      email: { type: DataTypes.STRING, unique: true, validate: { isEmail: true } },
      salt: DataTypes.STRING(16),
      passwordHash: DataTypes.STRING(40),
    },
    { sequelize, modelName: 'user' }
  );
  return User;
};
