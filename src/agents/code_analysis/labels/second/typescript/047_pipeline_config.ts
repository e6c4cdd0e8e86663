import { readFile } from 'node:fs/promises';
import yaml from 'js-yaml';
import { z } from 'zod';

const stepSchema = z
  .object({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
    image: z.string().max(200),
    timeoutMinutes: z.number().int().min(1).max(240).default(30),
    env: z.record(z.string().max(1000)).default({}),
    needs: z.array(z.string()).default([]),
  })
  .strict();

const pipelineSchema = z
  .object({
    version: z.literal(2),
    steps: z.array(stepSchema).min(1).max(50),
  })
  .strict();

export type Pipeline = z.infer<typeof pipelineSchema>;
export type Step = z.infer<typeof stepSchema>;

export class PipelineError extends Error {}

export function parsePipeline(text: string): Pipeline {
  if (text.length > 100_000) {
    throw new PipelineError('pipeline file is too large');
  }
  let data: unknown;
  try {
    data = yaml.load(text, { schema: yaml.CORE_SCHEMA });
  } catch (e) {
    const line = e instanceof yaml.YAMLException ? e.mark?.line : undefined;
    throw new PipelineError(`invalid yaml${line === undefined ? '' : ` near line ${line + 1}`}`);
  }
  const parsed = pipelineSchema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new PipelineError(`${issue.path.join('.')}: ${issue.message}`);
  }
  return parsed.data;
}

export function order(pipeline: Pipeline): Step[] {
  const byName = new Map(pipeline.steps.map((s) => [s.name, s]));
  const done = new Set<string>();
  const active = new Set<string>();
  const result: Step[] = [];
  const visit = (name: string): void => {
    if (done.has(name)) return;
    const step = byName.get(name);
    if (!step || active.has(name)) {
      throw new PipelineError('unknown or cyclic dependency');
    }
    active.add(name);
    step.needs.forEach(visit);
    active.delete(name);
    done.add(name);
    result.push(step);
  };
  pipeline.steps.forEach((s) => visit(s.name));
  return result;
}

export async function loadPipeline(file = '.pipeline.yml'): Promise<Step[]> {
  return order(parsePipeline(await readFile(file, 'utf8')));
}
