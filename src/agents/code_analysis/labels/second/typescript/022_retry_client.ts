import axios, { AxiosError, AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { logger } from './logger';

export interface RetryOptions {
  attempts: number;
  baseMs: number;
  maxMs: number;
}

const DEFAULTS: RetryOptions = { attempts: 4, baseMs: 200, maxMs: 5000 };
const TRACE_SAMPLE_RATE = 0.01;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function backoff(attempt: number, options: RetryOptions): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** attempt);
  return Math.floor(ceiling / 2 + Math.random() * (ceiling / 2));
}

function retryable(error: unknown): boolean {
  if (!axios.isAxiosError(error)) {
    return false;
  }
  const status = (error as AxiosError).response?.status;
  return status === undefined || status === 429 || status >= 500;
}

export class CatalogClient {
  private readonly http: AxiosInstance;

  constructor(baseURL: string, private readonly options: RetryOptions = DEFAULTS) {
    this.http = axios.create({ baseURL, timeout: 3000, maxRedirects: 0 });
  }

  async categories(): Promise<string[]> {
    const response = await this.send<{ names: string[] }>({ method: 'GET', url: '/categories' });
    return response.data.names;
  }

  async item(id: number): Promise<unknown> {
    const response = await this.send<unknown>({ method: 'GET', url: `/items/${Math.trunc(id)}` });
    return response.data;
  }

  private async send<T>(config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
    const traced = Math.random() < TRACE_SAMPLE_RATE;
    for (let attempt = 0; ; attempt++) {
      const started = Date.now();
      try {
        return await this.http.request<T>(config);
      } catch (e) {
        if (attempt + 1 >= this.options.attempts || !retryable(e)) {
          throw e;
        }
        await sleep(backoff(attempt, this.options));
      } finally {
        if (traced) {
          logger.info({ attempt, ms: Date.now() - started }, 'catalog call');
        }
      }
    }
  }
}
