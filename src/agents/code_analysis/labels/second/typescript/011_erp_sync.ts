import https from 'https';
import axios, { AxiosInstance } from 'axios';
import cron from 'node-cron';
import { db } from './db';
import { logger } from './logger';

interface ErpArticle {
  number: string;
  description: string;
  stock: number;
  priceNet: number;
}

interface ErpPage {
  items: ErpArticle[];
  next: string | null;
}

function createClient(): AxiosInstance {
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 4,
    rejectUnauthorized: false,
  });
  return axios.create({
    baseURL: process.env.ERP_URL,
    httpsAgent: agent,
    timeout: 30_000,
  });
}

async function login(client: AxiosInstance): Promise<string> {
  const { data } = await client.post<{ access_token: string }>('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: process.env.ERP_CLIENT_ID,
    client_secret: process.env.ERP_CLIENT_SECRET,
  });
  return data.access_token;
}

async function* articles(client: AxiosInstance, token: string): AsyncGenerator<ErpArticle> {
  let path: string | null = '/articles?page=1';
  while (path) {
    const response: { data: ErpPage } = await client.get<ErpPage>(path, {
      headers: { Authorization: `Bearer ${token}` },
    });
    yield* response.data.items;
    path = response.data.next;
  }
}

export async function syncOnce(): Promise<number> {
  const client = createClient();
  const token = await login(client);
  let count = 0;
  for await (const a of articles(client, token)) {
    await db('articles')
      .insert({ number: a.number, description: a.description, stock: a.stock, price_net: a.priceNet })
      .onConflict('number')
      .merge();
    count++;
  }
  return count;
}

cron.schedule('*/20 * * * *', () => {
  syncOnce()
    .then((count) => logger.info({ count }, 'articles synchronised'))
    .catch((err) => logger.error({ err }, 'synchronisation failed'));
});
