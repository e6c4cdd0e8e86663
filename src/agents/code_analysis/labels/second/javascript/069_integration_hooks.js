import express from 'express';
import got from 'got';
import { randomUUID } from 'node:crypto';

const router = express.Router();
router.use(express.json());

class Integration {
  constructor(owner, settings) {
    this.id = randomUUID();
    this.owner = owner;
    this.endpoint = settings.endpoint;
    this.method = settings.method === 'PUT' ? 'PUT' : 'POST';
    this.events = Array.isArray(settings.events) ? settings.events.map(String) : [];
  }

  toJSON() {
    return { id: this.id, endpoint: this.endpoint, events: this.events };
  }
}

const integrations = new Map();

async function notify(integration, event, payload) {
  const response = await got(integration.endpoint, {
    method: integration.method,
    json: { event, payload, sent: new Date().toISOString() },
    timeout: { request: 5000 },
    retry: { limit: 0 },
    throwHttpErrors: false,
  });
  return { status: response.statusCode, body: response.body.slice(0, 1000) };
}

export async function broadcast(event, payload) {
  const jobs = [];
  for (const integration of integrations.values()) {
    if (integration.events.includes(event)) {
      jobs.push(notify(integration, event, payload));
    }
  }
  const results = await Promise.allSettled(jobs);
  return results.filter((r) => r.status === 'fulfilled').length;
}

router.post('/', (req, res) => {
  const integration = new Integration(req.user.id, req.body);
  integrations.set(integration.id, integration);
  res.status(201).json(integration);
});

router.post('/:id/test', async (req, res) => {
  const integration = integrations.get(req.params.id);
  if (!integration || integration.owner !== req.user.id) {
    return res.sendStatus(404);
  }
  try {
    return res.json(await notify(integration, 'test', {}));
  } catch {
    return res.status(502).json({ error: 'endpoint did not answer' });
  }
});

export default router;
