export type Tree = { [key: string]: unknown };

const REFUSED: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);
const MAX_DEPTH = 16;

function isTree(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function clone(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) {
    throw new RangeError('too deep');
  }
  if (Array.isArray(value)) {
    return value.map((item) => clone(item, depth + 1));
  }
  return isTree(value) ? combine(Object.create(null) as Tree, value, depth + 1) : value;
}

function combine(target: Tree, source: Tree, depth: number): Tree {
  for (const [key, value] of Object.entries(source)) {
    if (REFUSED.has(key)) {
      continue;
    }
    const existing = Object.hasOwn(target, key) ? target[key] : undefined;
    target[key] =
      isTree(existing) && isTree(value)
        ? combine(existing, value, depth + 1)
        : clone(value, depth);
  }
  return target;
}

export function withDefaults(defaults: Tree, ...overrides: Tree[]): Tree {
  const base = clone(defaults, 0) as Tree;
  return overrides.reduce((out, layer) => combine(out, clone(layer, 0) as Tree, 0), base);
}
