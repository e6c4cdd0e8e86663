'use strict';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const LIFETIME = 72 * 3600 * 1000;

function randomString(length) {
  let out = '';
  while (out.length < length) {
    out += ALPHABET[Math.floor(Math.random() * ALPHABET.length)];
  }
  return out;
}

class InviteService {
  constructor({ store, mailer, baseUrl }) {
    this.store = store;
    this.mailer = mailer;
    this.baseUrl = baseUrl;
  }

  async invite(workspace, email, role) {
    const token = randomString(24);
    await this.store.insert({
      token,
      workspaceId: workspace.id,
      email,
      role,
      expires: Date.now() + LIFETIME,
    });
    await this.mailer.send(email, 'invite', {
      workspace: workspace.name,
      link: `${this.baseUrl}/join/${token}`,
    });
  }

  async redeem(token) {
    const invite = await this.store.take(String(token));
    if (!invite || invite.expires < Date.now()) {
      return null;
    }
    return invite;
  }
}

module.exports = { InviteService };
