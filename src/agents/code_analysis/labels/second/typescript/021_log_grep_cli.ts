import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

interface AccessLine {
  ip: string;
  time: string;
  method: string;
  path: string;
  status: number;
  bytes: number;
}

const LINE = /^(\S+) \S+ \S+ \[([^\]]+)\] "([A-Z]+) (\S+) [^"]*" (\d{3}) (\d+|-)/;
const STATIC = /\.(?:css|js|png|jpe?g|svg|woff2?)$/;

function parseLine(line: string): AccessLine | null {
  const m = LINE.exec(line);
  if (!m) {
    return null;
  }
  return {
    ip: m[1],
    time: m[2],
    method: m[3],
    path: m[4],
    status: Number(m[5]),
    bytes: m[6] === '-' ? 0 : Number(m[6]),
  };
}

async function summarize(file: string, minStatus: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  for await (const line of lines) {
    const entry = parseLine(line);
    if (!entry || entry.status < minStatus || STATIC.test(entry.path)) {
      continue;
    }
    const key = `${entry.status} ${entry.method} ${entry.path.split('?')[0]}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { min: { type: 'string', default: '400' }, top: { type: 'string', default: '20' } },
  });
  if (positionals.length !== 1) {
    console.error('usage: log-grep [--min 400] [--top 20] ACCESS_LOG');
    process.exitCode = 2;
    return;
  }
  const counts = await summarize(positionals[0], Number(values.min));
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, Number(values.top));
  for (const [key, n] of top) {
    console.log(`${String(n).padStart(8)}  ${JSON.stringify(key)}`);
  }
}

main().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});
