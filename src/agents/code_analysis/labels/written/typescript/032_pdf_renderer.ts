import { exec } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';

const run = promisify(exec);

interface RenderBody {
  html: string;
  title?: string;
  orientation?: string;
}

function options({ title, orientation }: RenderBody): string {
  const parts = ['--quiet', '--disable-local-file-access', '--disable-javascript'];
  if (title) {
    parts.push(`--title "${title.replace(/"/g, '')}"`);
  }
  if (orientation === 'landscape') {
    parts.push('-O Landscape');
  }
  return parts.join(' ');
}

export default async function pdfRoutes(app: FastifyInstance): Promise<void> {
  app.post<{ Body: RenderBody }>('/pdf', async (request, reply) => {
    const dir = await mkdtemp(join(tmpdir(), 'pdf-'));
    try {
      const input = join(dir, 'in.html');
      const output = join(dir, 'out.pdf');
      await writeFile(input, request.body.html);
      await run(`wkhtmltopdf ${options(request.body)} ${input} ${output}`, { timeout: 30_000 });
      return reply.type('application/pdf').send(await readFile(output));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}
