import https from 'node:https';
import axios from 'axios';
import pLimit from 'p-limit';

const PAGE_SIZE = 200;

const defaults = {
  baseURL: 'https://crm.example.com/rest/v2',
  timeout: 15000,
  parallel: 4,
};

function createClient(options = {}) {
  const settings = { ...defaults, ...options };
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: settings.parallel,
    rejectUnauthorized: false,
  });
  return axios.create({
    baseURL: settings.baseURL,
    timeout: settings.timeout,
    httpsAgent: agent,
    headers: { Authorization: `Bearer ${settings.token}` },
  });
}

export class CrmConnector {
  constructor(options) {
    this.client = createClient(options);
    this.limit = pLimit(options.parallel ?? defaults.parallel);
  }

  async page(resource, number) {
    const { data } = await this.client.get(`/${resource}`, {
      params: { page: number, size: PAGE_SIZE },
    });
    return data;
  }

  async all(resource) {
    const first = await this.page(resource, 1);
    const numbers = Array.from({ length: first.pages - 1 }, (_, i) => i + 2);
    const rest = await Promise.all(numbers.map((n) => this.limit(() => this.page(resource, n))));
    return [first, ...rest].flatMap((p) => p.items);
  }

  async upsertContact(contact) {
    const { data } = await this.client.put(`/contacts/${Number(contact.id)}`, {
      email: contact.email,
      name: contact.name,
    });
    return data;
  }
}

export async function syncContacts(source) {
  const connector = new CrmConnector({ token: process.env.CRM_TOKEN });
  const known = new Map((await connector.all('contacts')).map((c) => [c.id, c]));
  let changed = 0;
  for await (const contact of source) {
    const old = known.get(contact.id);
    if (!old || old.email !== contact.email || old.name !== contact.name) {
      await connector.upsertContact(contact);
      changed += 1;
    }
  }
  return changed;
}
