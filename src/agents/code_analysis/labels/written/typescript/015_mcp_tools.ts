import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const execAsync = promisify(exec);
const server = new McpServer({ name: 'cluster-tools', version: '0.3.0' });

class Kubectl {
  constructor(private readonly context: string) {}

  private async call(rest: string): Promise<string> {
    const { stdout } = await execAsync(`kubectl --context ${this.context} ${rest}`);
    return stdout;
  }

  pods(namespace: string): Promise<string> {
    return this.call(`get pods -n ${namespace} -o wide`);
  }

  scale(namespace: string, deployment: string, replicas: number): Promise<string> {
    return this.call(`scale deployment ${deployment} --replicas=${replicas} -n ${namespace}`);
  }
}

const kubectl = new Kubectl(process.env.KUBE_CONTEXT ?? 'default');

server.tool('list_pods', { namespace: z.string() }, async ({ namespace }) => ({
  content: [{ type: 'text', text: await kubectl.pods(namespace) }],
}));

server.tool(
  'scale_deployment',
  { namespace: z.string(), deployment: z.string(), replicas: z.number().int().min(0).max(20) },
  async ({ namespace, deployment, replicas }) => ({
    content: [{ type: 'text', text: await kubectl.scale(namespace, deployment, replicas) }],
  }),
);

await server.connect(new StdioServerTransport());
