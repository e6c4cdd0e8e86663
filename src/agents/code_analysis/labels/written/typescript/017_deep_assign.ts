export type PlainObject = { [key: string]: unknown };

function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface MergeOptions {
  arrays?: 'replace' | 'concat';
  clone?: boolean;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(copy);
  }
  return value;
}

export function deepAssign<T extends PlainObject>(
  target: T,
  source: PlainObject,
  options: MergeOptions = {},
): T {
  for (const key in source) {
    const incoming = source[key];
    const existing = (target as PlainObject)[key];

    if (isPlainObject(incoming)) {
      (target as PlainObject)[key] = isPlainObject(existing)
        ? deepAssign(existing, incoming, options)
        : deepAssign({}, incoming, options);
    } else if (Array.isArray(incoming) && Array.isArray(existing) && options.arrays === 'concat') {
      (target as PlainObject)[key] = [...existing, ...incoming];
    } else {
      (target as PlainObject)[key] = options.clone ? copy(incoming) : incoming;
    }
  }
  return target;
}

export function parseOverrides(defaults: PlainObject, json: string): PlainObject {
  return deepAssign({ ...defaults }, JSON.parse(json) as PlainObject, { clone: true });
}
