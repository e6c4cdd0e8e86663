import { execSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const COMMANDS = {
  commit: 'git rev-parse --short HEAD',
  branch: 'git rev-parse --abbrev-ref HEAD',
  dirty: 'git status --porcelain | wc -l',
} as const;

type InfoKey = keyof typeof COMMANDS;

function capture(key: InfoKey): string {
  try {
    return execSync(COMMANDS[key], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

interface BuildInfo {
  version: string;
  commit: string;
  branch: string;
  dirty: boolean;
  builtAt: string;
}

export function collectBuildInfo(root: string = process.cwd()): BuildInfo {
  const pkg = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    version: pkg.version,
    commit: capture('commit'),
    branch: capture('branch'),
    dirty: Number(capture('dirty')) > 0,
    builtAt: new Date().toISOString(),
  };
}

function main(): void {
  const info = collectBuildInfo();
  const lines = (Object.keys(info) as (keyof BuildInfo)[]).map(
    (k) => `export const ${k} = ${JSON.stringify(info[k])};`,
  );
  writeFileSync(join(process.cwd(), 'src', 'build-info.generated.ts'), lines.join('\n') + '\n');
  console.log(`build info written for ${info.version} (${info.commit})`);
}

if (require.main === module) {
  main();
}
