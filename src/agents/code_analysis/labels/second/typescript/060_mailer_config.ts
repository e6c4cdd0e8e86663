import nodemailer, { Transporter } from 'nodemailer';
import { readFileSync } from 'node:fs';

interface MailerConfig {
  host: string;
  port: number;
  user: string;
  password: string;
  from: string;
}

const PASSWORD_FIELD = 'password';
const SECRET_FILE_SUFFIX = '_FILE';
const RESET_PASSWORD_SUBJECT = 'Reset your password';

const LABELS: Record<string, string> = {
  password: 'Password',
  newPassword: 'New password',
  apiKey: 'API key',
  secretQuestion: 'Security question',
};

function fromEnv(name: string, fallback?: string): string {
  const file = process.env[name + SECRET_FILE_SUFFIX];
  if (file) {
    return readFileSync(file, 'utf8').trim();
  }
  const value = process.env[name] ?? fallback;
  if (value === undefined || value === '') {
    throw new Error(`missing configuration ${name}`);
  }
  return value;
}

export function loadConfig(): MailerConfig {
  return {
    host: fromEnv('SMTP_HOST'),
    port: Number(fromEnv('SMTP_PORT', '465')),
    user: fromEnv('SMTP_USER'),
    password: fromEnv('SMTP_PASSWORD'),
    from: fromEnv('MAIL_FROM', 'no-reply@example.com'),
  };
}

export function createMailer(config: MailerConfig = loadConfig()): Transporter {
  return nodemailer.createTransport({
    host: config.host,
    port: config.port,
    secure: true,
    auth: { user: config.user, pass: config[PASSWORD_FIELD] },
  });
}

export function labelFor(field: string): string {
  return Object.prototype.hasOwnProperty.call(LABELS, field) ? LABELS[field] : field;
}

export async function sendReset(mailer: Transporter, from: string, to: string, link: string): Promise<void> {
  await mailer.sendMail({
    from,
    to: { name: '', address: to },
    subject: RESET_PASSWORD_SUBJECT,
    text: `Open this link within 30 minutes to choose a new password:\n\n${link}\n`,
  });
}
