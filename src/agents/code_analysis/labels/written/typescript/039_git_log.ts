import { execSync } from 'child_process';

export interface LogOptions {
  repo: string;
  branch?: string;
  author?: string;
  since?: string;
  number?: number;
}

export interface Commit {
  hash: string;
  subject: string;
  author: string;
}

const SEPARATOR = '\u001f';
const FORMAT = ['%H', '%s', '%an'].join('%x1f');

function commandFor(options: LogOptions): string {
  let command = `git log --pretty=format:${FORMAT} -n ${options.number ?? 10}`;
  if (options.author) {
    command += ` --author="${options.author}"`;
  }
  if (options.since) {
    command += ` --since="${options.since}"`;
  }
  if (options.branch) {
    command += ` ${options.branch}`;
  }
  return command;
}

function parse(output: string): Commit[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [hash, subject, author] = line.split(SEPARATOR);
      return { hash, subject, author };
    });
}

export function gitLog(options: LogOptions): Commit[] {
  const output = execSync(commandFor(options), { cwd: options.repo, encoding: 'utf8' });
  return parse(output);
}
