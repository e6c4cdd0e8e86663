export interface RetryOptions {
  attempts: number;
  baseDelay: number;
  maxDelay: number;
  retryable?: (error: unknown) => boolean;
  signal?: AbortSignal;
}

export class RetryError extends Error {
  constructor(
    readonly attempts: number,
    override readonly cause: unknown,
  ) {
    super(`gave up after ${attempts} attempts`);
    this.name = 'RetryError';
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export function backoff(attempt: number, baseDelay: number, maxDelay: number): number {
  const ceiling = Math.min(maxDelay, baseDelay * 2 ** attempt);
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

export async function execute<T>(task: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, baseDelay, maxDelay, retryable = () => true, signal } = options;
  let last: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      last = error;
      if (!retryable(error)) {
        throw error;
      }
      if (attempt + 1 < attempts) {
        await sleep(backoff(attempt, baseDelay, maxDelay), signal);
      }
    }
  }
  throw new RetryError(attempts, last);
}
