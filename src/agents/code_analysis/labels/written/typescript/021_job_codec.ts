import express, { Request, Response } from 'express';
import yaml from 'js-yaml';
import jsTypes from 'js-yaml-js-types';

interface JobSpec {
  name: string;
  schedule: string;
  retries: number;
}

const SCHEMA = yaml.DEFAULT_SCHEMA.extend(jsTypes.all);

function toSpec(document: unknown): JobSpec {
  const { name, schedule, retries = 0 } = document as Partial<JobSpec>;
  if (typeof name !== 'string' || typeof schedule !== 'string') {
    throw new TypeError('name and schedule are needed');
  }
  return { name: `${name}`, schedule, retries: Number(retries) };
}

export class JobCodec {
  decode(text: string): JobSpec {
    return toSpec(yaml.load(text, { schema: SCHEMA }));
  }

  encode(spec: JobSpec): string {
    return yaml.dump(spec, { sortKeys: true });
  }
}

const app = express();
const codec = new JobCodec();

app.post('/jobs/validate', express.text({ type: '*/*', limit: '64kb' }), (req: Request, res: Response) => {
  try {
    res.json(codec.decode(req.body));
  } catch {
    res.status(422).json({ error: 'job cannot be read' });
  }
});

app.listen(Number(process.env.PORT ?? 3000));
