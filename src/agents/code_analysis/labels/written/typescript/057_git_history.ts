import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface HistoryOptions {
  repo: string;
  branch: string;
  limit?: number;
}

export interface Commit {
  hash: string;
  subject: string;
  author: string;
}

const SEPARATOR = '\u001f';
const BRANCH = /^[A-Za-z0-9_][\w./-]{0,99}$/;

function parse(output: string): Commit[] {
  return output
    .split('\n')
    .filter((line) => line.length > 0)
    .map((line) => {
      const [hash, subject, author] = line.split(SEPARATOR);
      return { hash, subject, author };
    });
}

export async function history({ repo, branch, limit = 10 }: HistoryOptions): Promise<Commit[]> {
  if (!BRANCH.test(branch) || branch.includes('..')) {
    throw new RangeError('not a branch name');
  }
  const { stdout } = await run(
    'git',
    [
      'log',
      '--pretty=format:%H%x1f%s%x1f%an',
      `--max-count=${Math.min(Math.max(1, Math.trunc(limit)), 200)}`,
      '--end-of-options',
      branch,
      '--',
    ],
    { cwd: repo, timeout: 10_000, maxBuffer: 4 * 1024 * 1024 },
  );
  return parse(stdout);
}
