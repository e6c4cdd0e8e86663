import { readFile } from 'node:fs/promises';

type Node = { [key: string]: Value };
type Value = string | number | boolean | null | Value[] | Node;

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 8;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function has(node: Node, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(node, key);
}

export interface MergeReport {
  applied: string[];
  ignored: string[];
}

export function deepMerge(base: Node, patch: Node, report: MergeReport, path: string[] = []): Node {
  const result: Node = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(patch)) {
    const here = [...path, key];
    if (FORBIDDEN.has(key) || !has(base, key) || path.length >= MAX_DEPTH) {
      report.ignored.push(here.join('.'));
      continue;
    }
    const current = base[key];
    if (isNode(current) && isNode(value)) {
      result[key] = deepMerge(current, value, report, here);
    } else if (typeof current === typeof value) {
      result[key] = value;
      report.applied.push(here.join('.'));
    } else {
      report.ignored.push(here.join('.'));
    }
  }
  return result;
}

export async function loadTheme(defaultsFile: string, overridesFile: string): Promise<Node> {
  const defaults = JSON.parse(await readFile(defaultsFile, 'utf8')) as Node;
  let overrides: Value = {};
  try {
    overrides = JSON.parse(await readFile(overridesFile, 'utf8')) as Value;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw e;
    }
  }
  if (!isNode(overrides)) {
    throw new TypeError('overrides must be an object');
  }
  const report: MergeReport = { applied: [], ignored: [] };
  const theme = deepMerge(defaults, overrides, report);
  if (report.ignored.length > 0) {
    console.warn(`${report.ignored.length} theme settings were ignored`);
  }
  return theme;
}
