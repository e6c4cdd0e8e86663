/** Sends build results to the chat rooms that a team has configured. */
import { setTimeout as sleep } from 'node:timers/promises';

const HOSTS = new Set(['hooks.slack.com', 'discord.com', 'outlook.office.com']);
const ATTEMPTS = 3;

export class NotifyError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'NotifyError';
  }
}

export function parseHook(value) {
  let url;
  try {
    url = new URL(value);
  } catch (cause) {
    throw new NotifyError('not an address', { cause });
  }
  if (url.protocol !== 'https:' || url.username || url.password || url.port) {
    throw new NotifyError('address not supported');
  }
  if (!HOSTS.has(url.hostname)) {
    throw new NotifyError('host not supported');
  }
  return url;
}

function message(build) {
  const mark = build.ok ? 'passed' : 'failed';
  return { text: `Build ${Number(build.number)} of ${build.project} ${mark}` };
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) {
    throw new NotifyError(`status ${response.status}`);
  }
}

export async function notify(team, build) {
  const url = parseHook(team.hook);
  let last;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      await post(url, message(build));
      return attempt + 1;
    } catch (err) {
      last = err;
      await sleep(250 * 2 ** attempt);
    }
  }
  throw new NotifyError('could not notify', { cause: last });
}

export function registerRoutes(app, teams) {
  app.put('/teams/:id/hook', async (request, reply) => {
    try {
      const url = parseHook(request.body?.hook);
      await teams.setHook(Number(request.params.id), url.href);
      return reply.code(204).send();
    } catch (err) {
      if (err instanceof NotifyError) return reply.code(422).send({ error: err.message });
      throw err;
    }
  });
}
