'use strict';

const { createHash, randomBytes } = require('crypto');

const LIFETIME = 72 * 3600 * 1000;
const ROLES = new Set(['viewer', 'editor']);

const digest = (token) => createHash('sha256').update(token).digest('hex');

class InviteService {
  constructor({ store, mailer, baseUrl, clock = Date.now }) {
    this.store = store;
    this.mailer = mailer;
    this.baseUrl = baseUrl;
    this.clock = clock;
  }

  async invite(workspace, email, role) {
    if (!ROLES.has(role)) {
      throw new RangeError('unknown role');
    }
    const token = randomBytes(32).toString('base64url');
    await this.store.insert({
      digest: digest(token),
      workspaceId: workspace.id,
      email,
      role,
      expires: this.clock() + LIFETIME,
    });
    const link = new URL(`/join/${token}`, this.baseUrl);
    await this.mailer.send(email, 'invite', { workspace: workspace.name, link: link.href });
  }

  async redeem(token) {
    if (typeof token !== 'string' || token.length !== 43) {
      return null;
    }
    const invite = await this.store.take(digest(token));
    return invite && invite.expires > this.clock() ? invite : null;
  }
}

module.exports = { InviteService };
