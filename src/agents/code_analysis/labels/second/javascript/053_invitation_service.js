import nodemailer from 'nodemailer';
import Redis from 'ioredis';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const LIFETIME = 3 * 24 * 60 * 60;

const redis = new Redis(process.env.REDIS_URL);
const mailer = nodemailer.createTransport({
  host: process.env.SMTP_HOST,
  port: 465,
  secure: true,
  auth: { user: process.env.SMTP_USER, pass: process.env.SMTP_PASSWORD },
});

function randomString(length = 20) {
  let out = '';
  while (out.length < length) {
    out += ALPHABET.charAt(Math.floor(Math.random() * ALPHABET.length));
  }
  return out;
}

const key = (token) => `invitation:${token}`;

export class InvitationService {
  constructor({ baseUrl, accounts }) {
    this.baseUrl = baseUrl;
    this.accounts = accounts;
  }

  async invite(organisation, email, role) {
    const token = randomString(24);
    const entry = JSON.stringify({ organisation: organisation.id, email, role });
    await redis.set(key(token), entry, 'EX', LIFETIME);
    await mailer.sendMail({
      from: 'no-reply@example.com',
      to: email,
      subject: 'You are invited',
      text: `Join ${organisation.name}: ${this.baseUrl}/invitations/${token}`,
    });
  }

  async accept(token, profile) {
    if (typeof token !== 'string' || token.length !== 24) {
      return null;
    }
    const raw = await redis.getdel(key(token));
    if (!raw) {
      return null;
    }
    const { organisation, email, role } = JSON.parse(raw);
    return this.accounts.create({ organisation, email, role, name: String(profile.name) });
  }
}

export async function pending() {
  let count = 0;
  for await (const keys of redis.scanStream({ match: 'invitation:*' })) {
    count += keys.length;
  }
  return count;
}
