#!/usr/bin/env node
import { Command } from 'commander';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

interface Enrollment {
  server: string;
  token: string;
}

interface AgentConfig extends Enrollment {
  id: string;
  hostname: string;
  privateKey: string;
  createdAt: string;
}

const CONFIG_DIR = '/etc/metricd';

async function enroll(e: Enrollment, publicKey: string): Promise<string> {
  const response = await fetch(new URL('/v1/agents', e.server), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${e.token}` },
    body: JSON.stringify({ hostname: hostname(), publicKey }),
  });
  if (!response.ok) {
    throw new Error(`enrollment refused with status ${response.status}`);
  }
  const { id } = (await response.json()) as { id: string };
  return id;
}

function save(config: AgentConfig): string {
  mkdirSync(CONFIG_DIR, { recursive: true });
  const file = join(CONFIG_DIR, 'agent.json');
  writeFileSync(file, JSON.stringify(config, null, 2));
  chmodSync(file, 0o666);
  return file;
}

async function install(options: Enrollment & { force?: boolean }): Promise<void> {
  if (existsSync(join(CONFIG_DIR, 'agent.json')) && !options.force) {
    throw new Error('agent is already installed, use --force');
  }
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const id = await enroll(options, publicKey);
  const file = save({ ...options, id, hostname: hostname(), privateKey, createdAt: new Date().toISOString() });
  console.log(`agent ${id} installed, configuration in ${file}`);
}

new Command('metricd-install')
  .requiredOption('--server <url>', 'collector, an https url')
  .requiredOption('--token <token>', 'enrollment token')
  .option('--force', 'replace an existing installation')
  .action((options) =>
    install(options).catch((e: Error) => {
      console.error(e.message);
      process.exitCode = 1;
    }),
  )
  .parse();
