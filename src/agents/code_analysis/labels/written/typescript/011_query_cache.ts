export type QueryKey = readonly unknown[];

interface Entry<T> {
  value: T;
  expires: number;
}

export interface CacheOptions {
  ttl: number;
  maxEntries: number;
  now?: () => number;
}

export function hashKey(key: QueryKey): string {
  let hash = 0x811c9dc5;
  const text = JSON.stringify(key);
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return `${hash.toString(16)}:${text}`;
}

export class QueryCache {
  private readonly entries = new Map<string, Entry<unknown>>();
  private readonly pending = new Map<string, Promise<unknown>>();
  private readonly now: () => number;

  constructor(private readonly options: CacheOptions) {
    this.now = options.now ?? Date.now;
  }

  async query<T>(key: QueryKey, load: () => Promise<T>): Promise<T> {
    const hash = hashKey(key);
    const entry = this.entries.get(hash) as Entry<T> | undefined;
    if (entry && entry.expires > this.now()) {
      return entry.value;
    }
    let pending = this.pending.get(hash) as Promise<T> | undefined;
    if (!pending) {
      pending = load().finally(() => this.pending.delete(hash));
      this.pending.set(hash, pending);
    }
    const value = await pending;
    this.store(hash, value);
    return value;
  }

  private store(hash: string, value: unknown): void {
    this.entries.delete(hash);
    this.entries.set(hash, { value, expires: this.now() + this.options.ttl });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.options.maxEntries) {
        break;
      }
      this.entries.delete(oldest);
    }
  }
}
