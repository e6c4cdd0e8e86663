import { readFileSync } from 'node:fs';
import * as https from 'node:https';
import * as tls from 'node:tls';

export interface RegistryConfig {
  url: string;
  caFile?: string;
  clientCertFile?: string;
  clientKeyFile?: string;
}

export interface Manifest {
  name: string;
  versions: string[];
}

function agentOptions(config: RegistryConfig): https.AgentOptions {
  const ca = [...tls.rootCertificates];
  if (config.caFile) {
    ca.push(readFileSync(config.caFile, 'utf8'));
  }
  return {
    ca,
    cert: config.clientCertFile ? readFileSync(config.clientCertFile) : undefined,
    key: config.clientKeyFile ? readFileSync(config.clientKeyFile) : undefined,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    keepAlive: true,
  };
}

export class RegistryClient {
  private readonly agent: https.Agent;
  private readonly base: URL;

  constructor(config: RegistryConfig) {
    this.base = new URL(config.url);
    if (this.base.protocol !== 'https:') {
      throw new Error('registry url must use https');
    }
    this.agent = new https.Agent(agentOptions(config));
  }

  manifest(name: string): Promise<Manifest> {
    const url = new URL(`/v1/manifests/${encodeURIComponent(name)}`, this.base);
    return new Promise((resolve, reject) => {
      const req = https.get(url, { agent: this.agent, timeout: 10_000 }, (res) => {
        const chunks: Buffer[] = [];
        let size = 0;
        res.on('data', (c: Buffer) => {
          size += c.length;
          if (size > 2 * 1024 * 1024) {
            req.destroy(new Error('manifest too large'));
            return;
          }
          chunks.push(c);
        });
        res.on('error', reject);
        res.on('end', () => {
          if (res.statusCode !== 200) {
            reject(new Error(`registry answered ${res.statusCode}`));
            return;
          }
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Manifest);
          } catch (e) {
            reject(e);
          }
        });
      });
      req.on('timeout', () => req.destroy(new Error('timeout')));
      req.on('error', reject);
    });
  }
}
