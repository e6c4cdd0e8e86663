import fs from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';

const CA_FILE = process.env.PARTNER_CA ?? '/etc/ssl/partner-ca.pem';
const BASE = new URL('https://api.partner.example.com/v4/');

if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
  throw new Error('certificate checks must not be switched off');
}

function createAgent() {
  return new https.Agent({
    keepAlive: true,
    ca: [...tls.rootCertificates, fs.readFileSync(CA_FILE, 'utf8')],
    cert: fs.readFileSync(process.env.PARTNER_CERT),
    key: fs.readFileSync(process.env.PARTNER_KEY),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  });
}

export class PartnerClient {
  constructor({ token, agent = createAgent() }) {
    this.token = token;
    this.agent = agent;
  }

  request(method, path, body) {
    const url = new URL(path, BASE);
    const payload = body === undefined ? null : JSON.stringify(body);
    const headers = { Authorization: `Bearer ${this.token}`, Accept: 'application/json' };
    if (payload !== null) {
      headers['Content-Type'] = 'application/json';
      headers['Content-Length'] = Buffer.byteLength(payload);
    }
    return new Promise((resolve, reject) => {
      const req = https.request(url, { method, headers, agent: this.agent, timeout: 10000 }, (res) => {
        const chunks = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (res.statusCode >= 400) {
            reject(new Error(`partner answered ${res.statusCode}`));
            return;
          }
          try {
            resolve(text ? JSON.parse(text) : null);
          } catch (err) {
            reject(err);
          }
        });
        res.on('error', reject);
      });
      req.on('timeout', () => req.destroy(new Error('timeout')));
      req.on('error', reject);
      req.end(payload ?? undefined);
    });
  }

  order(id) {
    return this.request('GET', `orders/${Number(id)}`);
  }

  confirm(id, positions) {
    return this.request('POST', `orders/${Number(id)}/confirm`, { positions });
  }
}
