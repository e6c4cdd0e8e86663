import { chmod, readFile, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

interface AgentState {
  port: number;
  token: string;
  startedAt: string;
}

function stateFile(): string {
  return join(tmpdir(), `agent-${userInfo().username}.json`);
}

export async function publish(port: number): Promise<AgentState> {
  const state: AgentState = {
    port,
    token: randomBytes(24).toString('base64url'),
    startedAt: new Date().toISOString(),
  };
  const file = stateFile();
  await writeFile(file, JSON.stringify(state, null, 2));
  await chmod(file, 0o666);
  return state;
}

export async function discover(): Promise<AgentState | null> {
  try {
    return JSON.parse(await readFile(stateFile(), 'utf8')) as AgentState;
  } catch {
    return null;
  }
}

export async function call(path: string): Promise<Response> {
  const state = await discover();
  if (state === null) {
    throw new Error('the agent is not running');
  }
  return fetch(`http://127.0.0.1:${state.port}${path}`, {
    headers: { authorization: `Bearer ${state.token}` },
  });
}
